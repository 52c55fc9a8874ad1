// Alters programs: their bytes, with the checksum made right, and what they say.

import { writeProgram } from '../../../../model-assets/engine/write-program.ts';
import { STEP_KINDS } from '../../../../shared/runtime/engine/program.ts';
import { crc32, HEADER_BYTES } from '../../../../shared/runtime/engine/program-format.ts';
import type { Random } from '../random.ts';
import type { Honest } from './single-steps.ts';

const NUMBERS = [
  -1,
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  16,
  63,
  64,
  255,
  1000,
  4096,
  65536,
  2 ** 24,
  2 ** 29 - 1,
  2 ** 29,
  2 ** 30,
  2 ** 31 - 1,
  -2,
  -3,
  -8,
  -64,
  -65536,
  -(2 ** 31),
];

export function alterBytes({ file }: Honest, random: Random): Uint8Array {
  const bad = random.integer(0, 9) === 0 ? file.slice(0, random.integer(0, file.byteLength)) : file.slice();
  if (bad.byteLength < HEADER_BYTES + 4) return bad;
  const view = new DataView(bad.buffer);
  // In whole words, wherever it was cut.
  const end = Math.min(HEADER_BYTES + view.getUint32(8, true), bad.byteLength) & ~3;
  for (let changes = random.pick([1, 1, 1, 2, 5]); changes > 0; changes--) {
    // Seldom in the header, mostly a whole word of the program.
    const at = 4 * random.integer(random.integer(0, 19) === 0 ? 0 : HEADER_BYTES / 4, end / 4 - 1);
    const kind = random.integer(0, 5);
    if (kind === 0) bad[at + random.integer(0, 3)] = random.integer(0, 255);
    else if (kind === 1) view.setInt32(at, view.getInt32(at, true) + random.pick([-1, 1]), true);
    else if (kind === 2) {
      const [from, length] = [4 * random.integer(8, end / 4 - 1), 4 * random.integer(1, 12)];
      bad.copyWithin(at, from, Math.min(from + length, end - at + from));
    } else view.setInt32(at, random.pick(NUMBERS), true);
  }
  // Where the header still says how long the program is.
  if (random.integer(0, 49) !== 0) view.setUint32(16, crc32(bad.subarray(HEADER_BYTES, end)), true);
  return bad;
}

/** A program that is being altered: what program.ts says, and any number anywhere. */
interface Loose {
  functions: LooseFunction[];
  imageBytes: number;
}
interface LooseFunction {
  graph: string;
  condition: { input: number; value: boolean } | null;
  sizes: Record<string, unknown>[];
  inputs: LooseTensor[];
  outputs: (LooseTensor & { buffer: number })[];
  buffers: { length: number; isFloat: boolean; place: Record<string, unknown> }[];
  views: { buffer: number; offset: number; dims: number[]; strides: number[] }[];
  steps: { kind: number; views: number[]; words: number[] }[];
  equalities: [number, number][];
}
interface LooseTensor {
  name: string;
  type: number;
  dims: number[];
}

export function alterProgram({ program, image }: Honest, random: Random): Uint8Array {
  const bad = structuredClone(program) as unknown as Loose;
  for (let changes = random.pick([1, 1, 1, 2, 3]); changes > 0; changes--) {
    const code = bad.functions[random.integer(0, bad.functions.length - 1)];
    if (code) random.pick(CHANGES)(code, random, bad);
  }
  return writeProgram(bad as unknown as Honest['program'], image);
}

type Change = (code: LooseFunction, random: Random, program: Loose) => void;

const some = <T>(list: readonly T[], random: Random): T | undefined =>
  list[random.integer(0, Math.max(0, list.length - 1))];

function put(list: unknown[] | undefined, value: unknown, random: Random): void {
  if (list && list.length > 0) list[random.integer(0, list.length - 1)] = value;
}

/** A size that is there, or a new one. */
function size({ sizes, inputs }: LooseFunction, random: Random): number {
  const any = () => random.integer(0, sizes.length - 1);
  const kind = random.integer(0, 7);
  if (kind < 3 || sizes.length === 0) return any();
  if (kind < 5) return sizes.push({ kind: 'constant', value: random.pick(NUMBERS) }) - 1;
  if (kind === 5) {
    const factors = Array.from({ length: random.integer(0, 4) }, any);
    const terms = [{ coefficient: random.pick([1, 1, -1, 2, 2 ** 31 - 1]), factors }];
    return sizes.push({ kind: 'sum', terms: random.integer(0, 2) ? terms : [...terms, ...terms] }) - 1;
  }
  if (kind === 6) return sizes.push({ kind: random.pick(['capacity', 'past capacity', 'kept', 'first kept']) }) - 1;
  const input = random.integer(0, inputs.length - 1);
  const mixed = { kind: random.pick(['div', 'mod', 'min', 'max']), a: any(), b: any() };
  const axis = random.integer(0, Math.max(0, (inputs[input]?.dims.length ?? 1) - 1));
  return sizes.push(random.integer(0, 1) ? mixed : { kind: 'input', input, axis }) - 1;
}

const view: Change = (code, random) => {
  const chosen = some(code.views, random);
  if (!chosen) return;
  const kind = random.integer(0, 6);
  if (kind === 0) chosen.buffer = random.integer(0, code.buffers.length - 1);
  else if (kind === 1) chosen.offset = size(code, random);
  else if (kind < 4) put(chosen.dims, size(code, random), random);
  else if (kind < 6) put(chosen.strides, size(code, random), random);
  else {
    const isMore = random.integer(0, 1) === 1;
    for (const list of [chosen.dims, chosen.strides]) isMore ? list.push(size(code, random)) : list.pop();
  }
};

const step: Change = (code, random) => {
  const chosen = some(code.steps, random);
  if (!chosen) return;
  const kind = random.integer(0, 8);
  if (kind === 0) chosen.kind = random.integer(0, STEP_KINDS - 1);
  else if (kind < 3) put(chosen.views, random.integer(-1, code.views.length - 1), random);
  else if (kind < 6) put(chosen.words, random.integer(0, 1) ? random.pick(NUMBERS) : random.integer(-4, 40), random);
  else if (kind === 6) code.steps.splice(random.integer(0, code.steps.length - 1), 1);
  else if (kind === 7) {
    const [from, to] = [0, 0].map(() => random.integer(0, code.steps.length - 1));
    code.steps.splice(to ?? 0, 0, ...code.steps.splice(from ?? 0, 1));
  } else (random.integer(0, 1) ? chosen.views : chosen.words).push(random.integer(0, 3));
};

const buffer: Change = (code, random, { imageBytes }) => {
  const chosen = some(code.buffers, random);
  if (!chosen) return;
  const kind = random.integer(0, 4);
  if (kind < 2) chosen.length = size(code, random);
  else if (kind === 2) chosen.isFloat = !chosen.isFloat;
  else {
    const input = random.integer(0, Math.max(0, code.inputs.length - 1));
    chosen.place = random.pick([
      { kind: 'image', at: random.integer(0, 1) ? random.integer(0, imageBytes) : random.pick(NUMBERS) },
      { kind: 'input', input },
      { kind: 'work' },
      { kind: 'sizes', values: Array.from({ length: random.integer(0, 40) }, () => size(code, random)) },
      { kind: 'cache', input },
    ]);
  }
};

const sizeItself: Change = (code, random) => {
  const at = random.integer(0, code.sizes.length - 1);
  const before = { ...code, sizes: code.sizes.slice(0, at) };
  const made = size(before, random);
  code.sizes[at] = before.sizes[made] ?? { kind: 'constant', value: random.pick(NUMBERS) };
};

const face: Change = (code, random) => {
  const kind = random.integer(0, 8);
  const tensor = some(random.integer(0, 1) ? code.inputs : code.outputs, random);
  const output = some(code.outputs, random);
  if (kind < 3) put(tensor?.dims, size(code, random), random);
  else if (kind === 3 && tensor) tensor.type = random.integer(0, 12);
  else if (kind === 4 && output) output.buffer = random.integer(-1, code.buffers.length);
  else if (kind === 5)
    code.condition = random.pick([null, { input: random.integer(-1, code.inputs.length), value: true }]);
  else if (kind === 6) put(code.equalities, [size(code, random), size(code, random)], random);
  else if (kind === 7) code.equalities.pop();
  else if (tensor) tensor.name = some(code.outputs, random)?.name ?? '';
};

const functions: Change = (code, random, program) => {
  const kind = random.integer(0, 2);
  if (kind === 0) program.functions.pop();
  else if (kind === 1) code.graph = random.pick(['', 'model', 'decoder', 'encoder', 'decoder_with_past']);
  else program.functions.push(...structuredClone(program.functions.slice(0, 1)));
};

const CHANGES: readonly Change[] = [
  view,
  view,
  view,
  view,
  view,
  view,
  step,
  step,
  step,
  step,
  step,
  step,
  buffer,
  buffer,
  buffer,
  buffer,
  sizeItself,
  sizeItself,
  face,
  face,
  functions,
];
