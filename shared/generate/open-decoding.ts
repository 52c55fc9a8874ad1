// Which way of remembering a model's graphs have, told by the names of their inputs.

import { ServiceError } from '../errors.ts';
import type { Model } from '../model/open-model.ts';
import type { Decoding, Source } from './decoding.ts';
import { KeyValues, PAST } from './key-values.ts';
import { MEMORY, Memories } from './memories.ts';
import { WithoutCache } from './without-cache.ts';

/** A decoding without rows yet; the first step brings them. `source`: of an encoder, where there is one. */
export function openDecoding({ manifest, sessions, tokenizer }: Model, source: Source | null): Decoding {
  const first = sessions.decoder ?? sessions.model;
  if (!first) throw new ServiceError('internal', `model ${manifest.name} has no decoder`);
  const takes = (prefix: string) => first.inputs.some((name) => name.startsWith(prefix));
  if (takes(MEMORY)) return new Memories(first);
  const later = sessions.decoder_with_past ?? first;
  if (later !== first || takes(PAST)) return new KeyValues({ first, later }, source, tokenizer.vocabularySize);
  return new WithoutCache(first, source);
}
