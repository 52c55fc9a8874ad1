// Reads a program, and believes nothing of it: whatever a step names is there, and before what names it. That no view leaves its buffer
// is checked where sizes are numbers (plan.ts).

import { DamagedProgram } from './damaged-program.ts';
import {
  ABSENT,
  type Program,
  type ProgramBuffer,
  type ProgramFunction,
  type ProgramView,
  type Size,
  STEP_KINDS,
  type Step,
} from './program.ts';
import {
  crc32,
  HEADER_BYTES,
  KEEPS_TO_PAIRS,
  MAGIC,
  PLACE_KINDS,
  PROGRAM_ALIGNMENT,
  SIZE_KINDS,
  VERSION,
  WITHDRAWN_VERSION,
} from './program-format.ts';

/** More than any model has; what a damaged count asks for is refused before it is made. */
const MOST_ENTRIES = 2 ** 20;
const MOST_RANK = 8;
/** Thirty times what the checkpoints have that ship or are seeded. */
const MOST_PROGRAM_BYTES = 2 ** 20;
/** Of all functions: thirty times what those checkpoints have. To plan a run takes time that grows with the square of it. */
const MOST_TOGETHER = 2 ** 13;

export interface ProgramHeader {
  readonly programBytes: number;
  readonly imageBytes: number;
  readonly checksum: number;
  /** What KEEPS_TO_PAIRS says. */
  readonly keepsToPairs: boolean;
}

/** Of a file of `fileBytes`. Throws `model_unavailable` where it is no program, of another version, or of another length. */
export function readHeader(bytes: Uint8Array, fileBytes: number): ProgramHeader {
  if (bytes.byteLength < HEADER_BYTES) throw damaged('it is cut short');
  const [magic, version, programBytes = 0, imageBytes = 0, checksum = 0, flags = 0] = words(
    bytes.subarray(0, HEADER_BYTES),
  );
  if (magic !== MAGIC) throw damaged('it does not begin as one');
  if (version === undefined || version < 1 || version > VERSION) {
    throw damaged(`it has version ${version}, and this engine reads 1 to ${VERSION} but ${WITHDRAWN_VERSION}`);
  }
  if (version === WITHDRAWN_VERSION) throw damaged(`it has version ${version}, whose weights in 4 bits lie otherwise`);
  if (programBytes > MOST_PROGRAM_BYTES) throw damaged(`it has ${programBytes} bytes before its weights`);
  if (programBytes % PROGRAM_ALIGNMENT !== 0 || HEADER_BYTES + programBytes + imageBytes !== fileBytes) {
    throw damaged(`it has ${fileBytes} bytes where its header says ${HEADER_BYTES + programBytes + imageBytes}`);
  }
  return { programBytes, imageBytes, checksum, keepsToPairs: (flags & KEEPS_TO_PAIRS) !== 0 };
}

/** The program behind the header. Throws `model_unavailable` where it is damaged. */
export function readProgram(header: ProgramHeader, bytes: Uint8Array): Program {
  if (bytes.byteLength !== header.programBytes || crc32(bytes) !== header.checksum)
    throw damaged('its checksum is wrong');
  const reader = new ProgramReader(Int32Array.from(words(bytes)));
  const functions = reader.list(() => readFunction(reader, header.imageBytes));
  for (const what of ['buffers', 'steps'] as const) {
    const count = functions.reduce((sum, code) => sum + code[what].length, 0);
    if (count > MOST_TOGETHER) throw damaged(`it has ${count} ${what}, and this engine takes ${MOST_TOGETHER}`);
  }
  return { functions, imageBytes: header.imageBytes };
}

const damaged = (reason: string) => new DamagedProgram(reason);

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

class ProgramReader {
  readonly #words: Int32Array;
  #at = 0;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  word(): number {
    const word = this.#words[this.#at++];
    if (word === undefined) throw damaged('it ends within an entry');
    return word;
  }

  /** A number from `least` on, under `end`. */
  below(end: number, least = 0): number {
    const word = this.word();
    if (word < least || word >= end) throw damaged(`${word} is not from ${least} to ${end - 1}`);
    return word;
  }

  list<T>(read: (index: number) => T, most = MOST_ENTRIES): T[] {
    return Array.from({ length: this.below(most + 1) }, (_, i) => read(i));
  }

  text(): string {
    const length = this.below(MOST_ENTRIES);
    const bytes = new Uint8Array(Int32Array.from({ length: Math.ceil(length / 4) }, () => this.word()).buffer);
    return new TextDecoder().decode(bytes.subarray(0, length));
  }
}

function readFunction(reader: ProgramReader, imageBytes: number): ProgramFunction {
  const graph = reader.text();
  const [condition, value] = [reader.word(), reader.below(2)];
  const sizes: Size[] = [];
  reader.list((i) => sizes.push(readSize(reader, i)));
  const size = () => reader.below(sizes.length);
  const dims = () => reader.list(size, MOST_RANK);
  const inputs = reader.list(() => ({ name: reader.text(), type: reader.word(), dims: dims() }));
  for (const each of sizes) {
    const input = each.kind === 'input' ? inputs[each.input] : undefined;
    if (each.kind === 'input' && !(input && each.axis < input.dims.length)) throw damaged('a size is of no input');
  }
  const outputs = reader.list(() => ({
    name: reader.text(),
    type: reader.word(),
    dims: dims(),
    buffer: reader.word(),
  }));
  const buffers = reader.list(() => readBuffer(reader, size, inputs.length, imageBytes));
  if (outputs.some(({ buffer }) => !['work', 'cache'].includes(buffers[buffer]?.place.kind ?? ''))) {
    throw damaged('an output is in no buffer of its own');
  }
  const views = reader.list((): ProgramView => {
    const [buffer, offset, own] = [reader.below(buffers.length), size(), dims()];
    return { buffer, offset, dims: own, strides: own.map(size) };
  });
  const steps = reader.list((): Step => {
    const kind = reader.below(STEP_KINDS);
    return {
      kind,
      views: reader.list(() => reader.below(views.length, ABSENT)),
      words: reader.list(() => reader.word()),
    };
  });
  if (condition !== -1 && !inputs[condition]) throw damaged('no input decides');
  return {
    graph,
    condition: condition === -1 ? null : { input: condition, value: value === 1 },
    sizes,
    inputs,
    outputs,
    buffers,
    views,
    steps,
    equalities: reader.list(() => [size(), size()] as const),
  };
}

/** Sizes are made of those before them, so none goes in a circle. */
function readSize(reader: ProgramReader, index: number): Size {
  const kind = SIZE_KINDS[reader.below(SIZE_KINDS.length)] ?? 'constant';
  const before = () => reader.below(index);
  if (kind === 'constant') return { kind, value: reader.word() };
  if (kind === 'input') return { kind, input: reader.below(MOST_ENTRIES), axis: reader.below(MOST_RANK) };
  if (kind === 'sum') {
    return { kind, terms: reader.list(() => ({ coefficient: reader.word(), factors: reader.list(before, 16) })) };
  }
  if (kind === 'div' || kind === 'mod' || kind === 'min' || kind === 'max') return { kind, a: before(), b: before() };
  return { kind };
}

function readBuffer(reader: ProgramReader, size: () => number, inputs: number, imageBytes: number): ProgramBuffer {
  const [length, isFloat] = [size(), reader.below(2) === 1];
  const kind = PLACE_KINDS[reader.below(PLACE_KINDS.length)] ?? 'work';
  if (kind === 'image') return { length, isFloat, place: { kind, at: reader.below(imageBytes + 1) } };
  if (kind === 'sizes') return { length, isFloat, place: { kind, values: reader.list(size) } };
  if (kind === 'work') return { length, isFloat, place: { kind } };
  return { length, isFloat, place: { kind, input: reader.below(inputs) } };
}
