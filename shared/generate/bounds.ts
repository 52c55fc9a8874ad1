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
  /** Whether every step reads all positions again. */
  readonly recomputes: boolean;
  /** Memory that a position takes while the text is written, in bytes. */
  readonly positionBytes: number;
  /** Memory that a row takes whatever its length, in bytes: what it remembers of the source. */
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
  const memories = numbers((name) => name.startsWith(MEMORY));
  const own = numbers((name) => name.startsWith(PAST) && !name.includes(OF_SOURCE));
  const ofSource = numbers((name) => name.startsWith(PAST) && name.includes(OF_SOURCE));
  const recomputes = memories + own === 0;
  return {
    decoderMib,
    recomputes,
    positionBytes: FLOAT * (recomputes ? model.tokenizer.vocabularySize : 2 * own),
    rowBytes: FLOAT * (2 * memories + ofSource * sourceLength),
  };
}

/** Tokens of prompt and text together that a request may come to. `spent`: MiB of decoder that it has used before. */
export function affordable(promptLength: number, beams: number, cost: Cost, limits: Limits, spent = 0): number {
  // The prompt is read in one row, and its step gives the first new token.
  const rest = (limits.maxDecoderMib - spent) / cost.decoderMib - promptLength;
  const steps = cost.recomputes && rest > 0 ? squareSteps(promptLength, rest / beams) : rest / beams;
  const positions = (limits.maxCacheMib * MIB - beams * cost.rowBytes) / (beams * Math.max(cost.positionBytes, 1));
  return Math.floor(Math.min(promptLength + 1 + steps, positions));
}

/** Bytes that a text of `length` tokens holds at most while it is written. */
export function cacheBytes(length: number, beams: number, { positionBytes, rowBytes }: Cost): number {
  return beams * (length * positionBytes + rowBytes);
}

/** The configuration for the next text of a request, whose texts before have spent of its bounds: it may leave no token to write. */
export function within(
  config: GenerationConfig,
  promptLength: number,
  cost: Cost,
  { limits, meter }: Pick<Context, 'limits' | 'meter'>,
): GenerationConfig {
  const fresh = limits.maxNewTokens - meter.counted('steps');
  const length = affordable(promptLength, config.numBeams, cost, limits, meter.counted('decoder-mib'));
  return { ...config, maxLength: Math.min(config.maxLength, promptLength + fresh, length) };
}

/** How many steps of `from` + 1, `from` + 2, … positions there are in `positions`. */
function squareSteps(from: number, positions: number): number {
  return Math.sqrt((from + 0.5) ** 2 + 2 * positions) - (from + 0.5);
}

/** Product of the sizes that are known: what stands for the batch and the length counts as one. */
function product(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((result, size) => result * (size ?? 1), 1);
}
