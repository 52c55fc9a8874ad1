// Writes what shared/runtime/engine/read-program.ts reads.

import {
  type Program,
  type ProgramBuffer,
  type ProgramFunction,
  type Size,
  STEP_ATTENTION,
  STEP_ATTENTION_I8,
  STEP_GATHER_BLOCKS,
  STEP_LINEAR,
  type Step,
  WEIGHTS_I4,
} from '../../shared/runtime/engine/program.ts';
import {
  crc32,
  HEADER_BYTES,
  KEEPS_TO_PAIRS,
  MAGIC,
  PLACE_KINDS,
  PROGRAM_ALIGNMENT,
  SIZE_KINDS,
} from '../../shared/runtime/engine/program-format.ts';

/** What stands before the image in the file. */
export function writeFront(program: Program): Uint8Array {
  const words = new Words();
  words.list(program.functions, (code) => writeFunction(words, code));
  const body = words.toBytes();
  const front = new Uint8Array(HEADER_BYTES + body.byteLength);
  new Uint32Array(front.buffer, 0, HEADER_BYTES / 4).set([
    MAGIC,
    versionOf(program),
    body.byteLength,
    program.imageBytes,
    crc32(body),
    KEEPS_TO_PAIRS,
  ]);
  front.set(body, HEADER_BYTES);
  return front;
}

/** The first that has what the program holds: engines of before go on reading what they can. */
function versionOf({ functions }: Program): number {
  const all = functions.flatMap(({ steps }) => steps);
  if (all.some(({ kind, words }) => kind === STEP_LINEAR && words[4] === WEIGHTS_I4)) return 7;
  if (functions.some(({ sizes }) => sizes.some(({ kind }) => kind === 'kept'))) return 5;
  if (all.some(isGuarded)) return 4;
  const kinds = new Set(all.map(({ kind }) => kind));
  return kinds.has(STEP_ATTENTION_I8) ? 3 : kinds.has(STEP_GATHER_BLOCKS) ? 2 : 1;
}

/** Beside the scale, each step on the scores has two words. */
function isGuarded({ kind, words }: Step): boolean {
  return (kind === STEP_ATTENTION || kind === STEP_ATTENTION_I8) && words.length % 2 === 0;
}

export function writeProgram(program: Program, image: Uint8Array): Uint8Array {
  const front = writeFront({ ...program, imageBytes: image.byteLength });
  const file = new Uint8Array(front.byteLength + image.byteLength);
  file.set(front);
  file.set(image, front.byteLength);
  return file;
}

class Words {
  readonly #words: number[] = [];

  push(...words: readonly number[]): void {
    this.#append(words);
  }

  /** Word by word: a list of tens of thousands does not fit the arguments of a call. */
  #append(words: Iterable<number>): void {
    for (const word of words) this.#words.push(word);
  }

  list<T>(entries: readonly T[], write: (entry: T) => void): void {
    this.push(entries.length);
    entries.forEach(write);
  }

  numbers(numbers: readonly number[]): void {
    this.push(numbers.length);
    this.#append(numbers);
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
    padded.set(bytes);
    this.push(bytes.byteLength);
    this.#append(new Int32Array(padded.buffer));
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil((4 * this.#words.length) / PROGRAM_ALIGNMENT) * PROGRAM_ALIGNMENT);
    new Int32Array(bytes.buffer).set(this.#words);
    return bytes;
  }
}

function writeFunction(words: Words, code: ProgramFunction): void {
  words.text(code.graph);
  words.push(code.condition?.input ?? -1, Number(code.condition?.value ?? false));
  words.list(code.sizes, (size) => writeSize(words, size));
  words.list(code.inputs, ({ name, type, dims }) => {
    words.text(name);
    words.push(type);
    words.numbers(dims);
  });
  words.list(code.outputs, ({ name, type, dims, buffer }) => {
    words.text(name);
    words.push(type);
    words.numbers(dims);
    words.push(buffer);
  });
  words.list(code.buffers, (buffer) => writeBuffer(words, buffer));
  words.list(code.views, ({ buffer, offset, dims, strides }) => {
    words.push(buffer, offset);
    words.numbers(dims);
    words.push(...strides);
  });
  words.list(code.steps, (step) => {
    words.push(step.kind);
    words.numbers(step.views);
    words.numbers(step.words);
  });
  words.list(code.equalities, (pair) => words.push(...pair));
}

function writeSize(words: Words, size: Size): void {
  words.push(SIZE_KINDS.indexOf(size.kind));
  if (size.kind === 'constant') words.push(size.value);
  else if (size.kind === 'input') words.push(size.input, size.axis);
  else if (size.kind === 'sum') {
    words.list(size.terms, ({ coefficient, factors }) => {
      words.push(coefficient);
      words.numbers(factors);
    });
  } else if ('a' in size) words.push(size.a, size.b);
}

function writeBuffer(words: Words, { length, isFloat, place }: ProgramBuffer): void {
  words.push(length, Number(isFloat), PLACE_KINDS.indexOf(place.kind));
  if (place.kind === 'image') words.push(place.at);
  else if (place.kind === 'sizes') words.numbers(place.values);
  else if (place.kind !== 'work') words.push(place.input);
}
