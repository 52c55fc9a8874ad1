// How often a word that was taken out is among the five likeliest: 2,000 places of WikiText-2's development set, by chance but always
// the same. Asked are words that are one piece in bert-base-uncased; one that the model does not know counts as wrong.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import bounds from './held-back.json' with { type: 'json' };
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

/** How many places are asked, and how many words are shown before and after each. */
const { places: PLACES, around: AROUND } = bounds.wikitext;

/** As the families of models write it. */
const MASKS = ['[MASK]', '<mask>'];

interface Place {
  readonly text: string;
  readonly word: string;
}

export async function fillMask(service: Service, data: string, wrong: number): Promise<void> {
  const rows = await readRows<{ text: string }>(join(data, 'text', 'wikitext-2.dev.jsonl.gz'));
  const pieces = await piecesOf(join(data, '..', 'tokenizers', 'bert-base-uncased', 'tokenizer.json'));
  const places = choosePlaces(rows, pieces, await maskOf(service));
  const found = await fill(service, places, 1);
  const grouped = await fill(service, places, 8);
  const percent = (count: number) => ((100 * count) / places.length).toFixed(2);
  const first = places.filter(({ word }, i) => found[i]?.[0] === word).length;
  const five = places.filter(({ word }, i) => found[i]?.includes(word)).length;
  console.log(
    `fill-mask            WikiText-2 dev  top-5 ${percent(five)} %  top-1 ${percent(first)} %  (${places.length} places)`,
  );
  const flips = grouped.filter(([best], i) => best !== found[i]?.[0]).length;
  console.log(`  first answers that differ between one input a request and eight: ${flips}`);
  const lines = places.flatMap(({ text, word }, i) =>
    found[i]?.includes(word) ? [] : [`${text} | said: ${found[i]?.join(', ')} | true: ${word}`],
  );
  printWrong(lines, wrong);
}

/** The mask that is one of the model's own tokens. */
async function maskOf(service: Service): Promise<string> {
  const model = await service.modelOf('fill-mask');
  const body = { model, inputs: MASKS, add_special_tokens: false };
  const { tokens } = await service.ask<{ tokens: string[][] }>('tokenize', body);
  const mask = MASKS.find((each, i) => tokens[i]?.includes(each));
  if (mask === undefined) throw new Error(`model ${model} has no token ${MASKS.join(' or ')}`);
  return mask;
}

/** The five likeliest words of each place. */
async function fill(service: Service, places: readonly Place[], size: number): Promise<string[][]> {
  const texts = places.map(({ text }) => text);
  const parameters = { top_k: 5 };
  const answers = await service.askAll<{ token_str: string }[]>('fill-mask', texts, size, { parameters });
  return answers.map((each) => each.map(({ token_str }) => token_str.trim().toLowerCase()));
}

/** Of the words that are one of the pieces, those whose SHA-256, of the row's number and the word's, come first: recipes/masks.py chooses the same. */
export function choosePlaces(
  rows: readonly { readonly text: string }[],
  pieces: readonly string[],
  mask: string,
): Place[] {
  // Pieces of letters that are no continuation.
  const known = new Set(pieces.filter((piece) => /^[a-z]+$/.test(piece)));
  const places = rows.flatMap(({ text }, row) => {
    const words = text.split(' ').filter(Boolean);
    return words.flatMap((word, i) => {
      if (!known.has(word.toLowerCase())) return [];
      const order = createHash('sha256').update(`${row} ${i}`).digest('hex');
      const shown = [...words.slice(Math.max(0, i - AROUND), i), mask, ...words.slice(i + 1, i + 1 + AROUND)];
      return [{ order, text: shown.join(' '), word: word.toLowerCase() }];
    });
  });
  return places.sort((a, b) => (a.order < b.order ? -1 : 1)).slice(0, PLACES);
}

async function piecesOf(path: string): Promise<string[]> {
  const { model } = JSON.parse(await readFile(path, 'utf8')) as { model: { vocab: Record<string, number> } };
  return Object.keys(model.vocab);
}
