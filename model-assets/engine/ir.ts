// What a graph is between its ONNX file and the engine's program: nodes that compute, and views of the buffers between them. Reshape,
// Transpose, Slice, Split, Expand and their like are no nodes but other views of the same buffer.

import type { ByteWeights } from './byte-weights.ts';
import { constant, type Dim, isEqual, isNumber, multiply, ONE, product, toNumber, ZERO } from './dim.ts';

/** All elements take four bytes when they are computed; truth values are integers. */
export type ElementType = 'float' | 'int';
export type Elements = Float32Array | Int32Array;

/** Weights in bytes. The scale of element i is `scales[floor(i / inner) % scales.length]`, its zero point is found alike. */
export interface Quantized {
  /** As they stand in the file. */
  readonly values: ByteWeights;
  readonly scales: Float32Array;
  readonly zeros: Int32Array;
  readonly inner: number;
}

/** A table of small numbers without a sign: element n of a row is (number - zero point) × scale, both those of its block, n / `block`. */
export interface Blocks {
  readonly rows: number;
  readonly width: number;
  readonly bits: 4 | 8;
  /** Elements, a power of 2 from 16 on. */
  readonly block: number;
  /** The numbers as the engine has them (command-format.ts): those of 4 bits two in a byte. To be used at once. */
  read(): Uint8Array;
  /** [rows, blocks of a row] */
  readonly scales: Float32Array;
  /** As many, or one for all. */
  readonly zeros: Uint8Array;
}

/** Where elements are: one of these, or else some nodes write them. */
export interface Buffer {
  readonly type: ElementType;
  /** Its elements, side by side. */
  readonly length: Dim;
  readonly data?: Elements;
  /** Integers as they stand in the file. */
  readonly bytes?: ByteWeights;
  readonly quantized?: Quantized;
  /** Only gathered from. */
  readonly blocks?: Blocks;
  /** Of whole numbers that follow from the sizes of the inputs. */
  readonly sizes?: readonly Dim[];
  /** The graph's input of this name. */
  readonly input?: string;
  /** Of a weight, its name in the ONNX file. */
  readonly name?: string;
}

/** Element [i, j, …] of a view is element `offset + i × strides[0] + j × strides[1] + …` of its buffer. */
export interface View {
  readonly buffer: Buffer;
  readonly offset: Dim;
  readonly dims: readonly Dim[];
  readonly strides: readonly Dim[];
}

/** A step on the scores of attention before their softmax. */
export interface ScoresStep {
  readonly kind: number;
  /** What stands where a condition does not hold. */
  readonly fill: number;
}

/** `inputs` in this order, one output each. */
export type Operation =
  /** Into a part of a buffer, or the whole. */
  | { readonly kind: 'copy' }
  /** start, step; as many as the output has elements. */
  | { readonly kind: 'range' }
  | { readonly kind: 'unary'; readonly operation: number }
  | { readonly kind: 'binary'; readonly operation: number }
  /** condition, a, b. */
  | { readonly kind: 'select' }
  /** table, indices. */
  | { readonly kind: 'gather'; readonly axis: number }
  | { readonly kind: 'trilu'; readonly diagonal: number; readonly isUpper: boolean }
  | {
      readonly kind: 'cumulative sum';
      readonly axis: number;
      readonly isExclusive: boolean;
      readonly isReverse: boolean;
    }
  /** data, indices, updates. */
  | { readonly kind: 'scatter' }
  /** Over one axis, which stays with the size 1. */
  | { readonly kind: 'reduce'; readonly operation: number; readonly axis: number }
  /** Over the last axis. */
  | { readonly kind: 'softmax'; readonly isLog: boolean }
  /** Over the last axis. x, scale, shift, and what is added to x before. */
  | { readonly kind: 'norm'; readonly epsilon: number; readonly isRms: boolean }
  | { readonly kind: 'matmul' }
  /** x, weight [columns in, columns out], and the bias. */
  | {
      readonly kind: 'linear';
      readonly activation: number;
      /** Whether its weights are to be in 4 bits, whatever they are. */
      readonly isInt4?: boolean;
    }
  /** q, k, v: [batch, heads, tokens, size]; then the tensor of each step. */
  | {
      readonly kind: 'attention';
      readonly scale: number;
      readonly steps: readonly ScoresStep[];
      readonly isInt8: boolean;
      /** Where the softmax of a row is not a number, its weights are 0. */
      readonly isGuarded: boolean;
    };

export type Kind = Operation['kind'];

export interface Node {
  readonly operation: Operation;
  /** Null: left out. */
  readonly inputs: readonly (View | null)[];
  readonly output: View;
  /** Where x + what is added is wanted beside the norm of it. */
  readonly sum?: View;
  /** Names of the ONNX nodes that it stands for. */
  readonly from: readonly string[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  /** Sizes that are equal, or the graph cannot be run. */
  readonly equalities: readonly (readonly [a: Dim, b: Dim])[];
}

export interface GraphInput {
  readonly name: string;
  /** onnx.TensorProto.DataType */
  readonly type: number;
  /** As the graph declares them. */
  readonly dims: readonly Dim[];
  /** With what was learned of them. */
  readonly view: View;
}

export interface GraphOutput {
  readonly name: string;
  readonly type: number;
  readonly view: View;
}

/** Strides of elements that lie side by side, the last dimension innermost. */
export function contiguousStrides(dims: readonly Dim[]): Dim[] {
  const strides: Dim[] = [];
  let stride = ONE;
  for (const dim of dims.toReversed()) {
    strides.unshift(stride);
    stride = multiply(stride, dim);
  }
  return strides;
}

/** The whole of a buffer. */
export function whole(buffer: Buffer, dims: readonly Dim[]): View {
  return { buffer, offset: ZERO, dims, strides: contiguousStrides(dims) };
}

/** Whether the elements of `dims` in this order lie side by side. */
export function isContiguous({ dims, strides }: Pick<View, 'dims' | 'strides'>): boolean {
  let stride = ONE;
  for (let i = dims.length - 1; i >= 0; i--) {
    const [dim, own] = [dims[i] ?? ONE, strides[i] ?? ONE];
    if (isNumber(dim, 1)) continue;
    if (!isEqual(own, stride)) return false;
    stride = multiply(stride, dim);
  }
  return true;
}

export function isEqualList(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((size, i) => isEqual(size, b[i] ?? ZERO));
}

export function isEqualView(a: View, b: View): boolean {
  return (
    a.buffer === b.buffer &&
    isEqual(a.offset, b.offset) &&
    isEqualList(a.dims, b.dims) &&
    // Where there is one element there is no stride.
    isEqualList(
      a.strides.filter((_, i) => !isNumber(a.dims[i] ?? ONE, 1)),
      b.strides.filter((_, i) => !isNumber(b.dims[i] ?? ONE, 1)),
    )
  );
}

export function lengthOf(view: View): Dim {
  return product(view.dims);
}

/** The sizes as numbers; undefined where a run decides one of them. */
export function staticDims(view: View): number[] | undefined {
  const dims = view.dims.map(toNumber);
  return dims.every((dim) => dim !== undefined) ? dims : undefined;
}

/** More elements than any weight has: what a graph repeats further is not looked at one by one. */
const MOST_PLACES = 2 ** 29;

/** Places in the buffer of the view's elements, in order; undefined where a run decides them. */
export function places(view: View): Int32Array | undefined {
  const dims = staticDims(view);
  const offset = toNumber(view.offset);
  const strides = view.strides.map(toNumber);
  if (!dims || dims.reduce((count, size) => count * size, 1) > MOST_PLACES) return undefined;
  if (offset === undefined || !strides.every((stride) => stride !== undefined)) return undefined;
  let result = Int32Array.of(offset);
  dims.forEach((size, axis) => {
    const next = new Int32Array(result.length * size);
    result.forEach((place, i) => {
      for (let j = 0; j < size; j++) next[i * size + j] = place + j * (strides[axis] ?? 0);
    });
    result = next;
  });
  return result;
}

/** Elements that are known before any run, in order. */
export function knownElements(view: View): Elements | undefined {
  const { data, quantized, bytes } = view.buffer;
  if (!data && !quantized && !bytes) return undefined;
  const at = places(view);
  if (!at) return undefined;
  if (bytes) {
    const values = bytes.read();
    return at.map((i) => values[i] ?? 0);
  }
  if (data)
    return data instanceof Float32Array ? Float32Array.from(at, (i) => data[i] ?? 0) : at.map((i) => data[i] ?? 0);
  return Float32Array.from(at, (i) => (quantized ? dequantize(quantized, i) : 0));
}

export function dequantize({ values, scales, zeros, inner }: Quantized, i: number): number {
  const channel = Math.floor(i / inner) % scales.length;
  return ((values.read()[i] ?? 0) - (zeros[channel] ?? 0)) * (scales[channel] ?? 0);
}

/** Elements as sizes: whole numbers that are known, or follow from the sizes of the inputs. */
export function sizesOf(view: View): readonly Dim[] | undefined {
  const { sizes, data } = view.buffer;
  if (!sizes && !(data instanceof Int32Array)) return undefined;
  const count = staticDims(view)?.reduce((product, size) => product * size, 1) ?? Number.POSITIVE_INFINITY;
  const at = count <= MOST_SIZES ? places(view) : undefined;
  return at && Array.from(at, (i) => sizes?.[i] ?? constant(data?.[i] ?? 0));
}

/** What has more elements than this is data, and no shape. */
export const MOST_SIZES = 64;

/** The one element of a tensor that has one, whatever its rank. */
export function scalarOf(view: View): number | undefined {
  const elements = staticDims(view)?.every((dim) => dim === 1) ? knownElements(view) : undefined;
  return elements?.[0];
}
