// Which bytes each command reads and writes, by command-format.ts alone: what the planner says of it is not asked.

import * as c from '../../../../shared/runtime/engine/command-format.ts';

export interface Range {
  readonly start: number;
  /** Behind the last. */
  readonly end: number;
}

export interface Reach {
  readonly code: number;
  readonly reads: readonly Range[];
  readonly writes: readonly Range[];
  /** Elements that it goes over, roughly. */
  readonly work: number;
}

const product = (sizes: readonly number[]) => sizes.reduce((x, y) => x * y, 1);
const upTo = (count: number, unit: number) => Math.ceil(count / unit) * unit;

function block(at: number, elements: number): Range {
  return { start: at, end: at + 4 * elements };
}

function strided(at: number, sizes: readonly number[], strides: readonly number[]): Range {
  if (sizes.some((size) => size <= 0)) return block(at, 0);
  const ends = sizes.map((size, i) => (size - 1) * (strides[i] ?? 0));
  const least = ends.reduce((sum, each) => sum + Math.min(0, each), 0);
  const most = ends.reduce((sum, each) => sum + Math.max(0, each), 0);
  return { start: at + 4 * least, end: at + 4 * (most + 1) };
}

/** Of a list up to its END. `mode`: a code DOT_*. */
export function reachesOf(words: Int32Array, mode: number): Reach[] {
  const reaches: Reach[] = [];
  for (let at = 0; words[at] !== c.END; ) {
    const [code = 0, length = 0] = words.subarray(at, at + 2);
    if (length < 2 || at + length >= words.length) throw new Error(`command ${code} has ${length} words`);
    reaches.push({ code, ...reachOf(code, [...words.subarray(at + 2, at + length)], mode) });
    at += length;
  }
  return reaches;
}

type Ranges = Omit<Reach, 'code'>;

function reachOf(code: number, w: readonly number[], mode: number): Ranges {
  const reader = READERS[code];
  if (!reader) throw new Error(`there is no command ${code}`);
  // Addresses are unsigned, whatever the words are.
  return reader(w, (n) => (w[n] ?? Number.NaN) >>> 0, mode);
}

type Reader = (w: readonly number[], address: (n: number) => number, mode: number) => Ranges;

/** Sizes, then strides of as many tensors, from word `from` on; the rank stands before them. */
function walk(w: readonly number[], from: number, tensors: number) {
  const rank = w[from - 1] ?? 0;
  if (rank < 1 || rank > c.MAX_RANK) throw new Error(`a command of rank ${rank}`);
  const lists = Array.from({ length: tensors + 1 }, (_, i) => w.slice(from + i * rank, from + (i + 1) * rank));
  const [sizes = [], ...strides] = lists;
  return { sizes, strides };
}

const READERS: Readonly<Record<number, Reader>> = {
  [c.COPY]: (w, a) => {
    const { sizes, strides } = walk(w, 3, 2);
    const [out, from] = [strided(a(0), sizes, strides[0] ?? []), strided(a(1), sizes, strides[1] ?? [])];
    return { writes: [out], reads: [from], work: product(sizes) };
  },
  [c.FILL]: (_, a) => ({ writes: [block(a(0), a(1))], reads: [], work: a(1) }),
  [c.RANGE]: (_, a) => ({ writes: [block(a(0), a(1))], reads: [block(a(2), 1), block(a(3), 1)], work: a(1) }),
  [c.UNARY]: (_, a) => ({ writes: [block(a(1), a(3))], reads: [block(a(2), a(3))], work: 8 * a(3) }),
  [c.BINARY]: (w, a) => {
    const { sizes, strides } = walk(w, 5, 2);
    const reads = [2, 3].map((n, i) => strided(a(n), sizes, strides[i] ?? []));
    return { writes: [block(a(1), product(sizes))], reads, work: product(sizes) };
  },
  [c.SELECT]: (w, a) => {
    const { sizes, strides } = walk(w, 5, 3);
    const reads = [1, 2, 3].map((n, i) => strided(a(n), sizes, strides[i] ?? []));
    return { writes: [block(a(0), product(sizes))], reads, work: product(sizes) };
  },
  [c.GATHER]: (_, a) => {
    const [outer, size, inner, count] = [a(3), a(4), a(5), a(6)];
    const reads = [block(a(1), outer * size * inner), block(a(2), count)];
    return { writes: [block(a(0), outer * count * inner)], reads, work: outer * count * inner };
  },
  [c.GATHER_I8]: (_, a) => {
    const [count, rows, width] = [a(3), a(4), a(5)];
    const entries = a(7) ? rows : 1;
    const table = { start: a(1), end: a(1) + rows * width };
    const reads = [table, block(a(2), count), block(a(6), entries), ...(a(8) ? [block(a(8), entries)] : [])];
    return { writes: [block(a(0), count * width)], reads, work: count * width };
  },
  [c.GATHER_BLOCKS]: (_, a) => {
    const [count, rows, width, bits, size] = [3, 4, 5, 6, 7].map(a) as [number, number, number, number, number];
    const entries = rows * Math.ceil(width / size);
    const table = { start: a(1), end: a(1) + rows * Math.ceil((width * bits) / 8) };
    const zeros = { start: a(9), end: a(9) + entries };
    const reads = [table, block(a(2), count), block(a(8), entries), ...(a(9) ? [zeros] : [])];
    return { writes: [block(a(0), count * width)], reads, work: count * width };
  },
  [c.TRILU]: (_, a) => same(a(0), a(1), a(2) * a(3) * a(4)),
  [c.CUMULATIVE_SUM]: (_, a) => same(a(0), a(1), a(2) * a(3) * a(4)),
  [c.SCATTER]: (w, a) => {
    const [count, depth, inner] = [a(3), a(4), a(5)];
    if (w.length !== 6 + 2 * depth) throw new Error('a scatter lacks axes');
    const axes = Array.from({ length: depth }, (_, i) => ({ size: a(6 + 2 * i), stride: a(7 + 2 * i) }));
    const most = axes.reduce((sum, { size, stride }) => sum + Math.max(0, size - 1) * stride, 0);
    const reads = [block(a(1), count * depth), block(a(2), count * inner)];
    const isEmpty = count === 0 || axes.some(({ size }) => size === 0);
    return { writes: [block(a(0), isEmpty ? 0 : most + inner)], reads, work: count * (depth + inner) };
  },
  [c.REDUCE]: (_, a) => {
    const [outer, size, inner] = [a(3), a(4), a(5)];
    const work = outer * size * inner;
    return { writes: [block(a(1), outer * inner)], reads: [block(a(2), work)], work };
  },
  [c.SOFTMAX]: (_, a) => same(a(0), a(1), a(2) * a(3)),
  [c.LAYER_NORM]: (_, a) => {
    const [out, x, added, sum, scale, shift, rows, columns] = [0, 1, 2, 3, 4, 5, 6, 7].map(a) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const given = (at: number, elements: number) => (at ? [block(at, elements)] : []);
    const elements = rows * columns;
    return {
      writes: [block(out, elements), ...given(sum, elements)],
      reads: [block(x, elements), ...given(added, elements), ...given(scale, columns), ...given(shift, columns)],
      work: 4 * elements,
    };
  },
  [c.LINEAR_F32]: (w, a) => layer(w, a, (columns, depth) => upTo(columns, c.PANEL) * 4 * (depth + 1)),
  [c.LINEAR_I8]: (w, a, mode) => {
    const padded = upTo(a(5), c.DEPTH_UNIT);
    const ranges = layer(w, a, (columns) => upTo(columns, c.PANEL) * (padded + 12));
    const scratch = a(3) * (padded * (mode === c.DOT_PLAIN ? 2 : 1) + c.LINEAR_I8_SCRATCH);
    return { ...ranges, writes: [...ranges.writes, { start: a(9), end: a(9) + scratch }] };
  },
  [c.LINEAR_I4]: (w, a, mode) => {
    const padded = upTo(a(5), c.DEPTH_UNIT);
    const panels = upTo(a(4), c.PANEL) / c.PANEL;
    const blocks = Math.ceil(padded / c.I4_BLOCK);
    const ranges = layer(w, a, () => panels * (4 * padded + 8 * blocks + 96));
    const rows = upTo(a(3) * (padded * (mode === c.DOT_PLAIN ? 2 : 1) + c.LINEAR_I8_SCRATCH), 16);
    const scratch = rows + Math.min(panels, c.WIDENED) * (8 * padded + 96);
    return { ...ranges, writes: [...ranges.writes, { start: a(9), end: a(9) + scratch }] };
  },
  [c.MATMUL]: (w, a) => {
    const [rows, columns, inner, isTurned, stepA = 0, stepB = 0, rank = 0] = w.slice(4);
    if (rank < 0 || rank > 4) throw new Error(`a product of rank ${rank}`);
    const axes = Array.from({ length: rank }, (_, i) => w.slice(11 + 3 * i, 14 + 3 * i));
    const sizes = axes.map(([size = 0]) => size);
    const [m, n, k] = [rows ?? 0, columns ?? 0, inner ?? 0];
    const x = strided(a(1), [...sizes, m, k], [...axes.map(([, stride = 0]) => stride), stepA, 1]);
    const y = strided(
      a(2),
      [...sizes, ...(isTurned ? [n, k] : [k, n])],
      [...axes.map(([, , stride = 0]) => stride), stepB, 1],
    );
    const writes = [block(a(0), product(sizes) * m * n), block(a(3), k * upTo(n, c.PANEL))];
    return { writes, reads: [x, y], work: product(sizes) * (m * n + m * k + k * n + m * n * k) };
  },
  [c.ATTENTION]: (w, a) => attention(w, a, (keys, size) => keys * (size + c.ATTENTION_ROWS)),
  [c.ATTENTION_I8]: (w, a, mode) =>
    attention(w, a, (keys, size, width) => {
      const layer = (columns: number, depth: number) => columns * (depth / 4 + 3);
      const quantized = Math.max(keys, upTo(size, c.DEPTH_UNIT)) * (mode === c.DOT_PLAIN ? 2 : 1);
      const row = keys + (quantized + c.LINEAR_I8_SCRATCH) / 4;
      return layer(keys, upTo(size, c.DEPTH_UNIT)) + layer(upTo(width, c.PANEL), keys) + c.ATTENTION_ROWS_I8 * row;
    }),
};

/** `scratch`: its elements, by the keys, rounded up, and by the elements of a head of q and of v. */
function attention(
  w: readonly number[],
  a: (n: number) => number,
  scratch: (keys: number, size: number, width: number) => number,
): Ranges {
  const [batch, heads, queries, keys, size, width] = [5, 6, 7, 8, 9, 10].map(a) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = (n: number, place: number, rows: number, columns: number) =>
    strided(a(n), [batch, heads, rows, columns], [...w.slice(12 + 3 * place, 15 + 3 * place), 1]);
  const padded = upTo(keys, c.PANEL);
  const steps = Array.from({ length: w[25] ?? 0 }, (_, i) => {
    const from = 26 + i * c.SCORES_STEP_WORDS;
    if (from + c.SCORES_STEP_WORDS > w.length) throw new Error('attention lacks a step');
    return strided(a(from + 1), [batch, heads, queries, keys], w.slice(from + 2, from + 6));
  });
  return {
    writes: [at(0, 0, queries, width), block(a(4), scratch(padded, size, width))],
    reads: [at(1, 1, queries, size), at(2, 2, keys, size), at(3, 3, keys, width), ...steps],
    work: batch * heads * (queries + 1) * (padded + 1) * (size + width + 1 + steps.length),
  };
}

function same(out: number, from: number, elements: number): Ranges {
  return { writes: [block(out, elements)], reads: [block(from, elements)], work: elements };
}

function layer(
  w: readonly number[],
  a: (n: number) => number,
  bytes: (columns: number, depth: number) => number,
): Ranges {
  const [rows, columns, depth] = [a(3), a(4), a(5)];
  const weights = { start: a(2), end: a(2) + bytes(columns, depth) };
  return {
    writes: [strided(a(0), [rows, columns], [w[6] ?? 0, 1])],
    reads: [strided(a(1), [rows, depth], [w[7] ?? 0, 1]), weights],
    work: rows * columns * depth,
  };
}
