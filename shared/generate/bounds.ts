// What writing costs, and how far the bounds of a request let it go. Counted, not timed: an isolate has no clock to bound work with.

import { decoderBytes } from '../model/manifest.ts';
import type { Model } from '../model/open-model.ts';
import type { Context, Limits } from '../task.ts';
import type { GenerationConfig } from './config.ts';
import { OF_SOURCE, PAST } from './key-values.ts';
import { MEMORY } from './memories.ts';
import { decodersOf } from './open-decoding.ts';

const MIB = 2 ** 20;
const FLOAT = 4;

/** Of one row: a prompt that is continued, or one beam of it. */
export interface Cost {
  /** Work of one position: the size of the decoder, in MiB. */
  readonly decoderMib: number;
  /** Memory that a position takes while the text is written, in bytes. */
  readonly positionBytes: number;
  /** Memory that a row takes whatever its length, in bytes. */
  readonly rowBytes: number;
}

/**
 * What a model's decoder remembers, by the shapes of its graph. Keys and values count twice: a step writes them anew before those of
 * the step before are freed. Without a cache it is the scores of all positions, which come out of every step.
 */
export function costOf(model: Model, sourceLength: number): Cost {
  const { later: decoder } = decodersOf(model);
  const decoderMib = Math.max(decoderBytes(model.manifest) / MIB, 2 ** -10);
  const numbers = (belongs: (name: string) => boolean) =>
    decoder.inputs.filter(belongs).reduce((sum, name) => sum + product(decoder.shapes[name] ?? []), 0);
  if (decoder.inputs.some((name) => name.startsWith(MEMORY))) {
    return { decoderMib, positionBytes: 0, rowBytes: 2 * FLOAT * numbers((name) => name.startsWith(MEMORY)) };
  }
  const own = numbers((name) => name.startsWith(PAST) && !name.includes(OF_SOURCE));
  const ofSource = numbers((name) => name.startsWith(PAST) && name.includes(OF_SOURCE));
  const positionBytes = FLOAT * (own > 0 ? 2 * own : model.tokenizer.vocabularySize);
  return { decoderMib, positionBytes, rowBytes: FLOAT * ofSource * sourceLength };
}

/** Positions that `beams` rows may have by what a request may spend; `spent`: MiB of decoder that it has used. */
export function affordable(beams: number, cost: Cost, limits: Limits, spent = 0): number {
  const byWork = (limits.maxDecoderMib - spent) / (beams * cost.decoderMib);
  const byMemory = (limits.maxCacheMib * MIB - beams * cost.rowBytes) / (beams * Math.max(cost.positionBytes, 1));
  return Math.floor(Math.min(byWork, byMemory));
}

/** The configuration for the next text of a request, whose texts before have spent of its bounds: it may leave no token to write. */
export function within(
  config: GenerationConfig,
  promptLength: number,
  cost: Cost,
  { limits, meter }: Pick<Context, 'limits' | 'meter'>,
): GenerationConfig {
  const fresh = limits.maxNewTokens - meter.counted('steps');
  const positions = affordable(config.numBeams, cost, limits, meter.counted('decoder-mib'));
  return { ...config, maxLength: Math.min(config.maxLength, promptLength + fresh, positions) };
}

/** Product of the sizes that are known: what stands for the batch and the length counts as one. */
function product(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((result, size) => result * (size ?? 1), 1);
}
