// Which way of remembering a model's graphs have, told by the names of their inputs.

import { ServiceError } from '../errors.ts';
import type { Model } from '../model/open-model.ts';
import { type Decoding, positionsAtOnce, type Source } from './decoding.ts';
import { type DecoderGraphs, KeyValues } from './key-values.ts';
import { MEMORY, Memories } from './memories.ts';
import { PAST } from './past.ts';
import { WithoutCache } from './without-cache.ts';

/** A decoding without rows yet; the first step brings them. `source`: of an encoder, where there is one. */
export function openDecoding(model: Model, source: Source | null): Decoding {
  const { first, later } = decodersOf(model);
  const most = positionsAtOnce(model.tokenizer.vocabularySize, skipsLogits({ first, later }));
  const takes = (prefix: string) => first.inputs.some((name) => name.startsWith(prefix));
  if (takes(MEMORY)) return new Memories(first, most);
  if (later !== first || takes(PAST)) return new KeyValues({ first, later }, source, most);
  return new WithoutCache(first, source);
}

/** Whether of all that is read the scores of the last token alone are computed. */
export const skipsLogits = ({ first, later }: DecoderGraphs) => first.skipsLogits && later.skipsLogits;

/** The graph of the first step, and that of the others. */
export function decodersOf({ manifest, sessions }: Pick<Model, 'manifest' | 'sessions'>): DecoderGraphs {
  const first = sessions.decoder ?? sessions.model;
  if (!first) throw new ServiceError('internal', `model ${manifest.name} has no decoder`);
  return { first, later: sessions.decoder_with_past ?? first };
}
