// What was kept back of data without a development set of its own, by the first byte of a text's SHA-256. recipes/held_back.py draws the
// same lines by the same bounds.

import { createHash } from 'node:crypto';
import bounds from './held-back.json' with { type: 'json' };

/** A tenth of MNLI: a premise's hypotheses stay together. */
export const isHeldBackPremise = (premise: string) => firstByte(premise) < bounds.mnli_below;

export const isHeldBackBook = (title: string) => firstByte(title) < bounds.books_below;

/** What is compared: neither case nor punctuation makes another sentence. */
export const normal = (text: string) => (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).join(' ');

const firstByte = (text: string) => createHash('sha256').update(text).digest().readUInt8(0);
