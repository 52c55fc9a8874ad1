// What must hold of a compiled file and what is asked of it, whatever both are: see `examine`.

import { ServiceError } from '../../../shared/errors.ts';
import { TEXT_PADDING } from '../../../shared/tokenizer/format.ts';
import type { WasmExports } from '../../../shared/tokenizer/instance.ts';
import { type Encoding, openInstance, type Tokenizer } from '../../../shared/tokenizer/tokenizer.ts';
import { numbersOf } from '../answers.ts';
import type { Call } from './case.ts';

export interface Outcome {
  readonly opened: boolean;
  /** What was not refused. */
  readonly answered: number;
}

/** Bytes behind what a call was given that are poisoned before it: more than the texts of a fuzzer need. */
const POISONED = 1 << 19;
const MAX_RESULT_IDS = 64;

/**
 * Opens the file twice and asks the same of both, of the second in the order from last to first; before each call all memory behind
 * what it was given is filled, with zeros in one and with 0xa5 in the other. Throws if anything but a ServiceError comes out, if the
 * two differ (something was read that was not given, or stayed from a call before), if the file in memory was written to, or if an
 * answer names an id that is not there. `sound`: the compiler wrote the file, so that places must lie in their texts too.
 * `instantiate` is called once for each.
 */
export function examine(
  instantiate: () => WasmExports,
  file: Uint8Array,
  calls: readonly Call[],
  sound: boolean,
): Outcome {
  const order = calls.map((_, i) => i);
  const first = run(instantiate(), file, calls, order, 0, sound);
  const second = run(instantiate(), file, calls, order.toReversed(), 0xa5, sound);
  for (const [i, answer] of first.entries()) {
    if (answer !== second[i]) throw new Error(`call ${i}: ${answer} is also ${second[i]}`);
  }
  if (sound && first[0]?.startsWith('!')) throw new Error(`a sound file was refused: ${first[0]}`);
  return { opened: first.length === calls.length + 1, answered: first.filter((answer) => answer[0] !== '!').length };
}

/** An answer for the opening and for every call, in the order of `calls`; one that begins with ! is a refusal. */
function run(
  exports: WasmExports,
  file: Uint8Array,
  calls: readonly Call[],
  order: readonly number[],
  poison: number,
  sound: boolean,
): string[] {
  const { watched, written } = watch(exports, file, poison);
  const answers: string[] = [];
  const tokenizer = attempt(() => openInstance(watched, file));
  if (typeof tokenizer === 'string') return [tokenizer];
  answers[0] = vocabulary(tokenizer);
  for (const i of order) {
    const call = calls[i];
    if (call) answers[i + 1] = answerOf(tokenizer, call, sound);
  }
  if (written()) throw new Error('the file in memory was written to');
  return answers;
}

const attempt = <T>(make: () => T): T | string => {
  try {
    return make();
  } catch (error) {
    if (error instanceof ServiceError) return `!${error.code}: ${error.message}`;
    throw error;
  }
};

/** The same exports, which fill what is behind their input, and whether the file was altered in memory. */
function watch(exports: WasmExports, file: Uint8Array, poison: number) {
  let tables = 0;
  let texts = 0;
  const fill = (from: number) => new Uint8Array(exports.memory.buffer).fill(poison, from, from + POISONED);
  if (poison !== 0) exports.memory.grow(POISONED >> 16);
  const watched: WasmExports = {
    ...exports,
    place(length) {
      tables = exports.place(length) >>> 0;
      if (tables !== 0) fill(tables + length);
      return tables;
    },
    room(length) {
      texts = exports.room(length) >>> 0;
      return texts;
    },
    encode(firstLength, secondLength, flags, maxLength) {
      const second = (texts + firstLength + TEXT_PADDING + 15) & ~15;
      if (secondLength >= 0) {
        new Uint8Array(exports.memory.buffer).fill(poison, texts + firstLength, second);
        fill(second + secondLength);
      } else fill(texts + firstLength);
      return exports.encode(firstLength, secondLength, flags, maxLength);
    },
    find(length) {
      fill(texts + length);
      return exports.find(length);
    },
  };
  const written = () => {
    const now = new Uint32Array(exports.memory.buffer, tables, file.length >>> 2);
    const before = new Uint32Array(file.buffer, file.byteOffset, file.length >>> 2);
    return now.some((word, i) => word !== before[i]);
  };
  return { watched, written };
}

/** Some ids to their pieces and back. */
function vocabulary(tokenizer: Tokenizer): string {
  const ids = Array.from({ length: 20 }, (_, i) => Math.floor((i * i * tokenizer.vocabularySize) / 400));
  return ids.map((id) => `${id} ${tokenizer.idOf(tokenizer.tokenOf(id) ?? '')}`).join();
}

function answerOf(tokenizer: Tokenizer, { input, options }: Call, sound: boolean): string {
  const encodings = attempt(() => tokenizer.encode(input, options));
  if (typeof encodings === 'string') return encodings;
  for (const encoding of encodings) {
    for (const id of encoding.ids) {
      if (id >= tokenizer.vocabularySize) throw new Error(`id ${id} of ${tokenizer.vocabularySize}`);
    }
    if (sound) checkPlaces(encoding, input);
  }
  for (const id of encodings[0]?.ids.subarray(0, MAX_RESULT_IDS) ?? []) tokenizer.tokenOf(id);
  return encodings.map((encoding) => numbersOf(encoding).join()).join(';');
}

function checkPlaces(encoding: Encoding, input: Call['input']): void {
  for (const [i, sequence] of encoding.sequenceIds.entries()) {
    const [start = 0, end = 0] = encoding.offsets.subarray(2 * i, 2 * i + 2);
    const text = textOf(input, sequence, encoding.wordIds[i] ?? -1);
    if (start > end || end > text.length) throw new Error(`token ${i}: [${start}, ${end}) of ${text.length}`);
    for (const at of [start, end]) {
      const inside = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at - 1, at + 1));
      if (at > 0 && inside) throw new Error(`token ${i}: ${at} cuts a character`);
    }
  }
}

/** What the places of a token of `sequence` count in. */
function textOf(input: Call['input'], sequence: number, word: number): string {
  if (sequence < 0) return '';
  if (typeof input === 'string') return input;
  if ('words' in input) return (sequence === 0 ? input.words : (input.pair ?? []))[word] ?? '';
  return input[sequence] ?? '';
}
