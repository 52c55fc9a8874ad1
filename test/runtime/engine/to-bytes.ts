// The same program with its products in bytes: the weights of linear layers, with a scale for each column, or in 4 bits, and attention.

import { I4_BLOCK, PANEL, PANEL_TAIL_F32 } from '../../../shared/runtime/engine/command-format.ts';
import {
  type ProgramFunction,
  STEP_ATTENTION,
  STEP_ATTENTION_I8,
  STEP_LINEAR,
  type Step,
  WEIGHTS_F32,
  WEIGHTS_I4,
  WEIGHTS_I8,
} from '../../../shared/runtime/engine/program.ts';
import type { Honest } from './fuzz/single-steps.ts';
import { packBytes, packInt4 } from './linear.ts';

const ALIGNMENT = 64;
/** Of all blocks in 4 bits: two neighbours add up to no more than 2 × 8 × 7. */
const [FACTOR, ZERO] = [8, 8];

export function toBytes(
  { program, image }: Pick<Honest, 'program' | 'image'>,
  isInt4 = false,
): {
  functions: readonly ProgramFunction[];
  image: Uint8Array;
} {
  const parts: Uint8Array[] = [image];
  let length = image.byteLength;
  const place = (bytes: Uint8Array): number => {
    const at = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    parts.push(new Uint8Array(at - length), bytes);
    length = at + bytes.byteLength;
    return at;
  };
  const functions = program.functions.map((code) => ({
    ...code,
    steps: code.steps.map((step) => {
      if (step.kind === STEP_ATTENTION) return { ...step, kind: STEP_ATTENTION_I8 };
      return isFloats(step) ? inBytes(step, image, place, isInt4) : step;
    }),
  }));
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return { functions, image: whole };
}

const isFloats = ({ kind, words }: Step) => kind === STEP_LINEAR && words[4] === WEIGHTS_F32;

function inBytes(step: Step, image: Uint8Array, place: (bytes: Uint8Array) => number, isInt4: boolean): Step {
  const [at = 0, columns = 0, depth = 0, activation = 0] = step.words;
  const panel = depth * PANEL + PANEL_TAIL_F32 / 4;
  const floats = new Float32Array(image.slice(at, at + 4 * panel * Math.ceil(columns / PANEL)).buffer);
  const values = new Int8Array(depth * columns);
  const elements = new Uint8Array(depth * columns);
  const [scales, bias] = [new Float32Array(columns), new Float32Array(columns)];
  for (let n = 0; n < columns; n++) {
    const start = Math.floor(n / PANEL) * panel + (n % PANEL);
    const column = Array.from({ length: depth }, (_, k) => floats[start + k * PANEL] ?? 0);
    // As the compiler does: no two neighbours may add up to more than 128.
    const pairs = column.map((weight, k) => (k % 2 === 0 ? weight + (column[k + 1] ?? 0) : weight));
    const reach = Math.max(...[...column, ...(isInt4 ? [] : pairs)].map(Math.abs), 1e-9);
    const scale = reach / (isInt4 ? FACTOR * 7 : 127);
    column.forEach((weight, k) => {
      values[k * columns + n] = Math.round(weight / scale);
      elements[k * columns + n] = Math.round(weight / (FACTOR * scale)) + ZERO;
    });
    scales[n] = scale;
    bias[n] = floats[start + depth * PANEL] ?? 0;
  }
  const own = { scales, bias, depth, columns };
  const [factors, zeros] = [FACTOR, ZERO].map((each) =>
    new Uint8Array(Math.ceil(depth / I4_BLOCK) * columns).fill(each),
  );
  const packed =
    isInt4 && factors && zeros ? packInt4({ ...own, elements, factors, zeros }) : packBytes({ ...own, values });
  return { ...step, words: [place(packed), columns, depth, activation, isInt4 ? WEIGHTS_I4 : WEIGHTS_I8] };
}
