// Tensors that stay in the engine: beams are put in another order in place, or into another block, as a plain list of rows would be; older and
// newer tokens of one block are held at once; and what is released is used again.

import { expect, test } from 'vitest';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineHeld } from '../../../shared/runtime/engine/held.ts';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { createRandom } from './random.ts';

const HEADS = 2;
const SIZE = 3;

/** What is held, as rows of numbers: [rows][heads × tokens × size]. */
type Rows = readonly (readonly number[])[];

/** Writes tokens `from` to `to` of all rows, and says what they are. */
function write(tensor: EngineHeld, from: number, to: number, seed: number): void {
  const random = createRandom(seed);
  const [rows = 0] = tensor.dims;
  const floats = tensor.instance.floats(tensor.at, tensor.room);
  for (let head = 0; head < rows * HEADS; head++) {
    const start = (head * tensor.capacity + from) * SIZE;
    floats.set(random.floats((to - from) * SIZE), start);
  }
}

function rowsOf(tensor: EngineHeld): Rows {
  const floats = [...tensor.read()];
  const [rows = 0] = tensor.dims;
  const length = rows === 0 ? 0 : floats.length / rows;
  return Array.from({ length: rows }, (_, i) => floats.slice(i * length, (i + 1) * length));
}

function make(instance: EngineInstance, rows: number, tokens: number, capacity: number, seed: number): EngineHeld {
  const tensor = EngineHeld.make(instance, [rows, HEADS, tokens, SIZE], capacity);
  tensor.instance.floats(tensor.at, tensor.room).fill(Number.NaN);
  write(tensor, 0, tokens, seed);
  return tensor;
}

const instanceOf = () => new EngineInstance(module, 64);

test('rows are picked in any order, as from a list', () => {
  const random = createRandom(5);
  const instance = instanceOf();
  for (let round = 0; round < 300; round++) {
    const rows = random.integer(1, 6);
    const tokens = random.integer(1, 7);
    const neighbour = make(instance, 1, 3, 5, round + 1000);
    const tensor = make(instance, rows, tokens, tokens + random.integer(0, 4), round);
    const [besides, before] = [rowsOf(neighbour), rowsOf(tensor)];
    const isSame = random.integer(0, 1) === 1;
    const order = Array.from({ length: isSame ? rows : random.integer(1, 8) }, () => random.integer(0, rows - 1));
    tensor.pick(order);
    expect(rowsOf(tensor)).toEqual(order.map((row) => before[row]));
    expect(tensor.dims).toEqual([order.length, HEADS, tokens, SIZE]);
    expect(rowsOf(neighbour)).toEqual(besides);
    tensor.release();
    neighbour.release();
  }
});

test('beams that part and take one another’s places, token by token, as lists would', () => {
  const random = createRandom(6);
  const instance = instanceOf();
  for (let round = 0; round < 60; round++) {
    let tensor = make(instance, 1, random.integer(1, 4), 24, round);
    // Of each row its tokens, all heads together, in the order in which they came.
    const tokensOf = (from: number, to: number) => {
      const { dims, capacity } = tensor;
      const floats = tensor.instance.floats(tensor.at, tensor.room);
      return Array.from({ length: dims[0] ?? 0 }, (_, row) =>
        Array.from({ length: to - from }, (_, i) =>
          Array.from({ length: HEADS }, (_, head) => {
            const start = ((row * HEADS + head) * capacity + from + i) * SIZE;
            return [...floats.subarray(start, start + SIZE)];
          }),
        ).flat(2),
      );
    };
    let histories = tokensOf(0, tensor.dims[2] ?? 0).map((row) => [row]);
    const beams = random.integer(1, 5);
    for (let step = 0; step < 16; step++) {
      const rows = step === 0 ? 1 : beams;
      const order = Array.from({ length: beams }, () => random.integer(0, rows - 1));
      tensor.pick(order);
      histories = order.map((from) => [...(histories[from] ?? [])]);
      const length = tensor.dims[2] ?? 0;
      const longer = tensor.grown(length + 1);
      tensor.release();
      tensor = longer;
      write(tensor, length, length + 1, 100 * round + step);
      tokensOf(length, length + 1).forEach((row, i) => {
        histories[i]?.push(row);
      });
      expect(tokensOf(0, length + 1)).toEqual(histories.map((parts) => parts.flat()));
    }
    tensor.release();
  }
});

test('what rows have in common is not copied when they change places', () => {
  const tensor = make(instanceOf(), 1, 3, 8, 1);
  tensor.pick([0, 0]);
  const longer = tensor.grown(5);
  tensor.release();
  write(longer, 3, 5, 2);
  const [one = [], other = []] = rowsOf(longer);
  // Left behind where nothing may look for it.
  longer.instance.floats(longer.at, 1).fill(7);
  longer.pick([1, 0]);
  expect(rowsOf(longer)).toEqual([[7, ...other.slice(1)], one]);
});

test('a row that is not there is refused, and nothing is moved', () => {
  const tensor = make(instanceOf(), 2, 3, 4, 1);
  const before = rowsOf(tensor);
  for (const order of [
    [0, 2],
    [-1, 0],
    [0, 0.5],
    [0, 1, 5],
  ])
    expect(() => tensor.pick(order)).toThrow('there are 2 rows');
  expect(rowsOf(tensor)).toEqual(before);
});

test('older and newer tokens are held in one block; the newer are picked into another, the older stay', () => {
  const instance = instanceOf();
  const older = make(instance, 3, 4, 8, 1);
  const before = rowsOf(older);
  const newer = older.grown(6);
  write(newer, 4, 6, 2);
  const grown = rowsOf(newer);
  expect(newer.at).toBe(older.at);
  expect(rowsOf(older)).toEqual(before);
  // Who holds fewer tokens than are written would write over them.
  expect(older.canGrow(5)).toBe(false);
  expect(newer.canGrow(8)).toBe(true);
  expect(newer.canGrow(9)).toBe(false);
  newer.pick([2, 2, 0]);
  expect(newer.at).not.toBe(older.at);
  expect(rowsOf(newer)).toEqual([grown[2], grown[2], grown[0]]);
  expect(rowsOf(older)).toEqual(before);
  older.release();
  expect(rowsOf(newer)).toEqual([grown[2], grown[2], grown[0]]);
  newer.release();
});

test('a block is given back with the last that is held in it, and not before', () => {
  const instance = instanceOf();
  const older = make(instance, 2, 4, 8, 1);
  const newer = older.grown(5);
  write(newer, 4, 5, 3);
  const kept = rowsOf(newer);
  const { at } = older;
  older.release();
  older.release();
  const other = make(instance, 2, 8, 8, 9);
  expect(other.at).not.toBe(at);
  expect(rowsOf(newer)).toEqual(kept);
  newer.release();
  expect(make(instance, 2, 8, 8, 4).at).toBe(at);
  expect(() => older.at).toThrow('was released');
});

test('a cache that moves to have more room keeps its tokens, and gives its block back', () => {
  const instance = instanceOf();
  for (const [round, rows] of [1, 3].entries()) {
    const tensor = make(instance, rows, 4, 4, round);
    const [before, { at }] = [rowsOf(tensor), tensor];
    tensor.reserve(9);
    expect(tensor.capacity).toBe(9);
    expect(rowsOf(tensor)).toEqual(before);
    expect(tensor.canGrow(9)).toBe(true);
    const other = make(instance, rows, 4, 4, 8);
    expect(other.at).toBe(at);
    tensor.release();
    other.release();
  }
});

test('a cache that somebody holds as it was before moves without it, and one row that stands for several parts', () => {
  const instance = instanceOf();
  const older = make(instance, 1, 4, 8, 1);
  const newer = older.grown(5);
  write(newer, 4, 5, 3);
  const kept = rowsOf(newer);
  const before = rowsOf(older);
  older.reserve(12);
  expect(rowsOf(newer)).toEqual(kept);
  older.pick([0, 0, 0]);
  expect(older.isOneRow).toBe(true);
  older.reserve(16);
  expect(older.isOneRow).toBe(false);
  expect(rowsOf(older)).toEqual([before[0], before[0], before[0]]);
});

test('memory does not grow with what is released', () => {
  const instance = instanceOf();
  const sizes = new Set<number>();
  for (let round = 0; round < 200; round++) {
    const tensor = make(instance, 4, 60, 64, round);
    const newer = tensor.grown(61);
    newer.pick([3, 2, 1, 0]);
    tensor.release();
    newer.pick([0, 0]);
    newer.release();
    sizes.add(instance.bytes);
  }
  expect(sizes.size).toBe(1);
});

test('a tensor without elements is read and picked at once, however many heads it has', () => {
  const tensor = EngineHeld.make(instanceOf(), [2, 2 ** 40, 3, 0], 8);
  expect(tensor.read()).toEqual(new Float32Array());
  tensor.pick([1, 1, 0]);
  expect(tensor.dims).toEqual([3, 2 ** 40, 3, 0]);
});
