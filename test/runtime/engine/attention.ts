// Attention in 64 bits, with the strides of the command, and the command itself.

import {
  ATTENTION,
  ATTENTION_I8,
  ATTENTION_ROWS,
  ATTENTION_ROWS_I8,
  DOT_PLAIN,
  PANEL_TAIL_I8,
  SCORES_ADD,
  SCORES_MUL,
} from '../../../shared/runtime/engine/command-format.ts';
import { bits, type Command, type Machine } from './machine.ts';

type Strides3 = readonly [batch: number, head: number, item: number];

export interface Step {
  readonly kind: number;
  readonly tensor: Float32Array | Int32Array;
  readonly strides: readonly [batch: number, head: number, query: number, key: number];
  readonly fill: number;
}

export interface Attention {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  readonly width: number;
  readonly scale: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly strides: { readonly out: Strides3; readonly q: Strides3; readonly k: Strides3; readonly v: Strides3 };
  readonly steps: readonly Step[];
  /** Weights of a row whose softmax is not a number are 0. */
  readonly isGuarded?: boolean;
}

export const at = (strides: readonly number[], ...places: number[]) =>
  places.reduce((sum, place, i) => sum + place * (strides[i] ?? 0), 0);

/** One past the last element. */
export const extent = (strides: readonly number[], ...sizes: number[]) =>
  sizes.some((size) => size === 0) ? 0 : 1 + at(strides, ...sizes.map((size) => size - 1));

/** [batch][head][query][element]. */
export function attend(it: Attention): number[] {
  const out: number[] = [];
  for (let b = 0; b < it.batch; b++) {
    for (let h = 0; h < it.heads; h++) {
      for (let s = 0; s < it.queries; s++) {
        const scores = Array.from({ length: it.keys }, (_, t) => scoreOf(it, b, h, s, t));
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b, 0);
        const isNone = it.isGuarded === true && Number.isNaN(total);
        if (isNone) weights.fill(0);
        const sum = isNone ? 1 : total;
        for (let n = 0; n < it.width; n++) {
          let value = 0;
          for (const [t, weight] of weights.entries()) value += weight * (it.v[at(it.strides.v, b, h, t) + n] ?? 0);
          out.push(it.keys === 0 ? 0 : value / sum);
        }
      }
    }
  }
  return out;
}

function scoreOf(
  { q, k, strides, depth, scale, steps }: Attention,
  b: number,
  h: number,
  s: number,
  t: number,
): number {
  let score = 0;
  for (let i = 0; i < depth; i++) score += (q[at(strides.q, b, h, s) + i] ?? 0) * (k[at(strides.k, b, h, t) + i] ?? 0);
  score *= scale;
  for (const step of steps) {
    const value = step.tensor[at(step.strides, b, h, s, t)] ?? 0;
    if (step.kind === SCORES_ADD) score += value;
    else if (step.kind === SCORES_MUL) score *= value;
    else if (value === 0) score = step.fill;
  }
  return score;
}

/** Bytes of scratch of ATTENTION_I8. */
export function scratchInBytes({ keys, depth, width }: Attention, mode: number): number {
  const up = (count: number) => Math.ceil(count / 8) * 8;
  const panels = (columns: number, rows: number) => (up(columns) / 8) * (8 * up(rows) + PANEL_TAIL_I8);
  const row = 4 * up(keys) + Math.max(up(keys), up(depth)) * (mode === DOT_PLAIN ? 2 : 1) + 8;
  return panels(keys, depth) + panels(width, keys) + ATTENTION_ROWS_I8 * row;
}

/** Runs it, in bytes where a mode is given; the result in the order of `attend`. */
export function runAttention(machine: Machine, it: Attention, mode?: number): Float32Array {
  machine.clear();
  const { batch, heads, queries, keys, depth, width, strides } = it;
  const outLength = queries > 0 && batch > 0 ? extent(strides.out, batch, heads, queries) + width - 1 : 0;
  const out = machine.room(4 * outLength);
  const padded = Math.ceil(keys / 8) * 8;
  const floats = 4 * padded * (depth + ATTENTION_ROWS);
  const scratch = machine.room(mode === undefined ? floats : scratchInBytes(it, mode));
  const steps = it.steps.flatMap(({ kind, tensor, strides, fill }) => [
    kind,
    machine.put(tensor),
    ...strides,
    bits(fill),
  ]);
  const tensors = [machine.put(it.q), machine.put(it.k), machine.putAtEnd(it.v)];
  const command: Command = [
    mode === undefined ? ATTENTION : ATTENTION_I8,
    ...[out, ...tensors, scratch, batch, heads, queries, keys, depth, width, bits(it.scale)],
    ...[...strides.out, ...strides.q, ...strides.k, ...strides.v],
    ...[Number(it.isGuarded ?? false), it.steps.length, ...steps],
  ];
  const error = machine.run(command);
  if (error !== 0) throw new Error(`error ${error}`);
  const all = machine.readFloats(out, outLength);
  const rows: number[] = [];
  const used = new Set<number>();
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let s = 0; s < queries; s++)
        for (let n = 0; n < width; n++) {
          used.add(at(strides.out, b, h, s) + n);
          rows.push(all[at(strides.out, b, h, s) + n] ?? 0);
        }
  const words = new Uint32Array(all.buffer);
  if (words.some((word, i) => !used.has(i) && word !== 0xffffffff)) throw new Error('wrote between rows of out');
  return Float32Array.from(rows);
}
