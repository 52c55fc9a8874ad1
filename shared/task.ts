// A task is a value: its name, the shape of what it takes and gives, and a function between them.

import type * as z from 'zod/mini';
import type { CacheGate } from './cache-gate.ts';
import type { Meter } from './meter.ts';
import type { Model } from './model/open-model.ts';

/** What a run may use, and whose request it serves. */
export interface Context {
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  readonly meter: Meter;
  readonly limits: Limits;
  /** Of the isolate, for what is remembered while a text is written. */
  readonly caches: CacheGate;
  /** Whether the model is the task's default: its caller named none. */
  readonly isDefault: boolean;
  /** Tells the client something beside the answer, in the header `warning`. */
  warn(message: string): void;
}

/** Bounds of one request. They count work, as an isolate has no clock to bound time with. */
export interface Limits {
  readonly maxBodyBytes: number;
  readonly maxInputs: number;
  readonly maxTokens: number;
  /** New tokens, of all the texts that are written together. */
  readonly maxNewTokens: number;
  /** Continuations that are followed at once, or given back. */
  readonly maxBeams: number;
  /** Work of a decoder, over all texts: positions × beams × its size in MiB. */
  readonly maxDecoderMib: number;
  /** Memory that the caches of the texts may take that are written at once, in MiB. */
  readonly maxCacheMib: number;
  /** Memory that a model may come to while it runs, with all that it is asked, in MiB. */
  readonly maxModelMib: number;
}

export interface Task<I = unknown, O = unknown, M = Model> {
  /** The public task id, which is its route too. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Names beyond the aliases that mean the task with parameters: `translation_en_to_fr`. `pattern` is a regular expression's. */
  readonly family?: { readonly pattern: string; parametersOf(name: string): Readonly<Record<string, unknown>> };
  readonly summary: string;
  /** The body, less `model`. */
  readonly input: z.ZodMiniType<I>;
  readonly output: z.ZodMiniType<O>;
  /** A body that it answers, for the reference; it names a model where the task has no default. */
  readonly example: unknown;
  /** Other tasks whose models it runs too: a model for zero-shot is a classifier of pairs. */
  readonly kin?: readonly string[];
  /** Which models it runs on: those published for the task, or all; or all, of which it takes no more than the tokenizer. */
  readonly models: 'own' | 'any' | 'tokenizer';
  run(input: I, model: M, context: Context): Promise<O>;
  /** The same as a stream of events, for a body that asks for one; undefined where it does not. */
  stream?(input: I, model: M, context: Context): AsyncIterable<unknown> | undefined;
}
