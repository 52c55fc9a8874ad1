// What writing costs, and how far the bounds of a request let it go. Counted, not timed: an isolate has no clock to bound work with.

import { decoderBytes } from '../model/manifest.ts';
import type { Model } from '../model/open-model.ts';
import { GROWN } from '../runtime/engine/cache-room.ts';
import type { Session } from '../runtime/session.ts';
import type { Context, Limits } from '../task.ts';
import type { GenerationConfig } from './config.ts';
import { positionsAtOnce } from './decoding.ts';
import { MEMORY } from './memories.ts';
import { decodersOf, skipsLogits } from './open-decoding.ts';
import { OF_SOURCE, PAST } from './past.ts';
import { STATES } from './source.ts';

const MIB = 2 ** 20;
const FLOAT = 4;

/** A row is a prompt that is continued, or one beam of it. */
export interface Cost {
  /** Work of one position: the size of the decoder, in MiB. */
  readonly decoderMib: number;
  /** Whether every step reads all positions again. */
  readonly recomputes: boolean;
  /** Memory that a position of a row takes while the text is written, in bytes. */
  readonly positionBytes: number;
  /** Memory that a row takes whatever its length, in bytes. */
  readonly rowBytes: number;
  /** Memory that a text takes whatever its rows, in bytes: what they all know of the source, where it lies there once. */
  readonly textBytes: number;
  /** Memory of a position's scores in a step, in bytes: the engine's, and the copy that is answered. */
  readonly stepBytes: number;
  /** Positions of a prompt whose scores there are at once, beside the caches of those before. */
  readonly scored: number;
  /** Memory that the model takes by itself, in bytes; 0 where its engine does not say what it may come to. */
  readonly residentBytes: number;
}

/** Allowed for what a step works in beside its scores. What a source is read in is free again by then, and caches take its place. */
const WORK = 4 * MIB;
/** Of a position, where every step reads all of them again: DistilGPT-2's size takes 27 KiB. */
const POSITION_WORK = 2 ** 15;

/**
 * What a model's decoder remembers, by the shapes of its graph. Keys and values count twice: on onnxruntime-web a step writes them anew before
 * those of the step before are freed, and on the own engine they grow (`GROWN`). Without a cache it is the scores of all positions
 * where they come out of every step, else what a step works in, and the scores of the last. Those of the source lie there once a row on onnxruntime-web, and once on the own engine, whose graphs read them
 * in attention alone; what the encoder gave lies there once, and again for each row where every step is fed it.
 */
export function costOf({ manifest, sessions, tokenizer }: Model, sourceLength: number): Cost {
  const { first, later } = decodersOf({ manifest, sessions });
  const decoderMib = Math.max(decoderBytes(manifest) / MIB, 2 ** -10);
  const memories = numbers(later, (name) => name.startsWith(MEMORY));
  const past = numbers(later, (name) => name.startsWith(PAST) && !name.includes(OF_SOURCE));
  const ofSource = sourceLength * numbers(later, (name) => name.startsWith(PAST) && name.includes(OF_SOURCE));
  const { engine } = manifest;
  const isOnce = engine.name === 'edge';
  const statesOf = (graph: Session) => sourceLength * numbers(graph, (name) => name === STATES);
  const recomputes = memories + past === 0;
  const skips = skipsLogits({ first, later });
  const scoresBytes = 2 * FLOAT * tokenizer.vocabularySize;
  const readAgain = skips ? POSITION_WORK : FLOAT * (isOnce ? 2 : 1) * tokenizer.vocabularySize;
  return {
    decoderMib,
    recomputes,
    positionBytes: recomputes ? readAgain : FLOAT * GROWN.perToken * past,
    rowBytes:
      FLOAT * (2 * memories + statesOf(later) + (isOnce ? GROWN.more * past : ofSource)) +
      (recomputes && skips ? scoresBytes : 0),
    textBytes: FLOAT * (statesOf(first) + (isOnce ? ofSource : 0)),
    stepBytes: recomputes ? 0 : scoresBytes,
    scored: skips ? 1 : positionsAtOnce(tokenizer.vocabularySize, false),
    residentBytes: engine.name === 'edge' ? engine.program.bytes + tokenizer.bytes + WORK : 0,
  };
}

/**
 * Tokens of prompt and text together that a request may come to; no more than the prompt where that alone is too much. `spent`: MiB of decoder
 * that it has used before.
 */
export function affordable(promptLength: number, beams: number, cost: Cost, limits: Limits, spent = 0): number {
  // The prompt is read in one row, and its step gives the first new token.
  const rest = (limits.maxDecoderMib - spent) / cost.decoderMib - promptLength;
  const steps = cost.recomputes && rest > 0 ? squareSteps(promptLength, rest / beams) : rest / beams;
  const beside = limits.maxModelMib * MIB - cost.residentBytes;
  const reading = cacheBytes(promptLength, 1, cost) + Math.min(promptLength, cost.scored) * cost.stepBytes;
  if (cost.residentBytes > 0 && reading > beside) return promptLength;
  const room =
    Math.min(limits.maxCacheMib * MIB, beside - beams * cost.stepBytes) - cost.textBytes - beams * cost.rowBytes;
  const positions = room / (beams * Math.max(cost.positionBytes, 1));
  return Math.floor(Math.min(promptLength + 1 + steps, positions));
}

/** Bytes that a text of `length` tokens holds at most while it is written. */
export function cacheBytes(length: number, beams: number, { positionBytes, rowBytes, textBytes }: Cost): number {
  return textBytes + beams * (length * positionBytes + rowBytes);
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

/** Numbers in the inputs of a graph whose names belong, of one row and one position. */
function numbers({ inputs, shapes }: Session, belongs: (name: string) => boolean): number {
  return inputs.filter(belongs).reduce((sum, name) => sum + product(shapes[name] ?? []), 0);
}

/** Product of the sizes that are known: what stands for the batch and the length counts as one. */
function product(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((result, size) => result * (size ?? 1), 1);
}
