// Weights of linear layers in the panels that the engine's kernels read (command-format.ts).

import { PANEL, PANEL_TAIL_F32 } from '../../shared/runtime/engine/command-format.ts';
import { WEIGHTS_F32, WEIGHTS_I4, WEIGHTS_I8 } from '../../shared/runtime/engine/program.ts';
import { toNumber } from './dim.ts';
import type { Weights } from './fuse/siblings.ts';
import { knownElements, type View } from './ir.ts';
import { type Column, packBytes, panelsOf } from './pack-bytes.ts';
import { packInt4 } from './pack-int4.ts';
import { Unsupported } from './unsupported.ts';

export interface Packed {
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly depth: number;
  /** WEIGHTS_F32, WEIGHTS_I8 or WEIGHTS_I4. */
  readonly kind: number;
}

/** Layers side by side as one: in 4 bits, or as they are, all in bytes or all in floats. */
export function packLinear(layers: readonly Weights[], isInt4 = false): Packed {
  const columns = layers.flatMap(({ weight, bias }) => columnsOf(weight, bias));
  const depth = toNumber(layers[0]?.weight.dims[0] ?? fail()) ?? fail();
  const kind = isInt4 ? WEIGHTS_I4 : layers[0]?.weight.buffer.quantized ? WEIGHTS_I8 : WEIGHTS_F32;
  return { bytes: pack(kind, columns, depth), columns: columns.length, depth, kind };
}

function pack(kind: number, columns: readonly Column[], depth: number): Uint8Array {
  if (kind === WEIGHTS_I4) return packInt4(columns, depth);
  return kind === WEIGHTS_I8 ? packBytes(columns, depth) : packFloats(columns, depth);
}

function fail(): never {
  throw new Unsupported('a linear layer has a weight whose size is not known');
}

function columnsOf(weight: View, bias: View | null): Column[] {
  const [, count] = weight.dims.map(toNumber);
  const [step, across] = weight.strides.map(toNumber);
  const offset = toNumber(weight.offset);
  const biases = bias && knownElements(bias);
  if (count === undefined || step === undefined || across === undefined || offset === undefined) fail();
  return Array.from({ length: count }, (_, i) => ({
    weight,
    start: offset + i * across,
    step,
    bias: biases?.[i] ?? 0,
  }));
}

function packFloats(columns: readonly Column[], depth: number): Uint8Array {
  const panels = Math.ceil(columns.length / PANEL);
  const stride = depth * PANEL + PANEL_TAIL_F32 / 4;
  const out = new Float32Array(panels * stride);
  for (const { at, group } of panelsOf(columns, stride)) {
    group.forEach(({ weight, start, step, bias }, within) => {
      const data = weight.buffer.data ?? fail();
      for (let k = 0, place = start; k < depth; k++, place += step) out[at + k * PANEL + within] = data[place] ?? 0;
      out[at + depth * PANEL + within] = bias;
    });
  }
  return new Uint8Array(out.buffer);
}
