// What ATTENTION_I8 should give, step by step in the precision that the engine uses.

import { SCORES_ADD, SCORES_MUL } from '../../../shared/runtime/engine/command-format.ts';
import { type Attention, at } from './attention.ts';
import { roundEven } from './expected.ts';
import { type ByteWeights, byteRow, levelsOf, type QuantizedRow, quantize } from './linear.ts';
import { plus } from './multiply-add.ts';

const { fround } = Math;
const LOG2_E = fround(Math.LOG2E);
const COEFFICIENTS = [1, 0.6931210452, 0.2402234904, 0.05592197584, 0.009666368515].map(fround);

/** [batch][head][query][element]. */
export function attendInBytes(it: Attention, mode: number): Float32Array {
  const { batch, heads, queries, keys, depth, width, strides } = it;
  const rows = (x: Float32Array, of: readonly number[], items: number, size: number, b: number, h: number) =>
    Array.from({ length: items }, (_, i) => x.subarray(at(of, b, h, i), at(of, b, h, i) + size));
  const out: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const k = columnsInBytes(rows(it.k, strides.k, keys, depth, b, h), fround(it.scale));
      const v = columnsInBytes(turned(rows(it.v, strides.v, keys, width, b, h), width), 1);
      for (const [s, q] of rows(it.q, strides.q, queries, depth, b, h).entries()) {
        const products = byteRow(quantize(q, mode), k);
        const scores = products.map((score, t) => stepped(it, score, [b, h, s, t]));
        const weights = weightsOf(scores, mode);
        const isNone = it.isGuarded === true && Number.isNaN(weights.step);
        out.push(...byteRow(isNone ? { q: [], step: 0, least: 0 } : weights, v));
      }
    }
  }
  return Float32Array.from(out);
}

const turned = (rows: readonly Float32Array[], width: number) =>
  Array.from({ length: width }, (_, n) => Float32Array.from(rows, (row) => row[n] ?? 0));

/** Columns of a layer without bias, each by the greatest of its elements and sums of two; what they give comes out times `scale`. */
function columnsInBytes(columns: readonly Float32Array[], scale: number): ByteWeights {
  const depth = columns[0]?.length ?? 0;
  const values = new Int8Array(depth * columns.length);
  const scales = new Float32Array(columns.length);
  for (const [n, column] of columns.entries()) {
    const isKnown = column.every(Number.isFinite);
    const magnitude = column.reduce((most, x, k) => {
      const pair = k % 2 === 0 ? fround(x + (column[k + 1] ?? 0)) : 0;
      return Math.max(most, Math.abs(x), Math.abs(pair));
    }, 0);
    const inverse = magnitude >= fround(1e-30) ? fround(127 / magnitude) : 0;
    scales[n] = isKnown ? fround(fround(magnitude / 127) * scale) : Number.NaN;
    for (const [k, x] of column.entries()) values[k * columns.length + n] = roundEven(fround(x * inverse));
  }
  return { values, scales, bias: new Float32Array(columns.length), depth, columns: columns.length };
}

function stepped({ steps }: Attention, product: number, places: readonly number[]): number {
  let score = product;
  for (const { kind, tensor, strides, fill } of steps) {
    const value = tensor[at(strides, ...places)] ?? 0;
    if (kind === SCORES_ADD) score = fround(score + value);
    else if (kind === SCORES_MUL) score = fround(score * value);
    else if (value === 0) score = fill;
  }
  return score;
}

function weightsOf(scores: Float32Array, mode: number): QuantizedRow {
  const factors = COEFFICIENTS.map((c) => fround(c * levelsOf(scores.length, mode)));
  const top = Math.max(...scores.map((score) => (Number.isNaN(score) ? -Infinity : score)));
  // What rounding has left of those below half a level, in each of eight lanes.
  const left = new Float32Array(8);
  const q = Array.from(scores, (score, i) => {
    const x = Math.max(fround(fround(score - top) * LOG2_E), -92);
    const power = roundEven(x);
    const f = fround(x - power);
    const level = factors.reduceRight((p, c) => plus(c, p, f)) * 2 ** power;
    if (!(level < 0.5)) return roundEven(level);
    const wanted = fround(level + (left[i % 8] ?? 0));
    left[i % 8] = wanted - roundEven(wanted);
    return roundEven(wanted);
  });
  const isKnown = Number.isFinite(top) && !scores.some(Number.isNaN);
  const sum = q.reduce((total, each) => total + each, 0);
  return { q, step: isKnown ? fround(1 / sum) : Number.NaN, least: isKnown ? 0 : Number.NaN };
}
