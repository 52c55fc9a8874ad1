// Tensors that stay in the engine: rows moved in place, expanded, and read back.

import { expect, test } from 'vitest';
import { moveRows } from '../../shared/runtime/move-rows.ts';
import { ort } from '../../shared/runtime/ort-module.ts';
import { toOrtValue } from '../../shared/runtime/ort-value.ts';

const ROWS = ['aa', 'bb', 'cc', 'dd'];

/** The rows after a move, and those that were written. */
function move(order: readonly number[]): { rows: readonly string[]; written: readonly number[] } {
  const rows = [...ROWS];
  const written: number[] = [];
  const write = (to: number, row: string) => {
    rows[to] = row;
    written.push(to);
  };
  moveRows(order, {
    copy: (from, to) => write(to, rows[from] ?? ''),
    setAside: (from) => {
      const kept = rows[from] ?? '';
      return (to) => write(to, kept);
    },
  });
  return { rows, written };
}

test('every order of four rows', () => {
  for (let code = 0; code < 4 ** 4; code++) {
    const order = [0, 1, 2, 3].map((i) => Math.floor(code / 4 ** i) % 4);
    expect(move(order).rows, `${order}`).toEqual(order.map((from) => ROWS[from]));
  }
});

test('rows that stay are not written', () => {
  expect(move([0, 0, 2, 3]).written).toEqual([1]);
});

test('every order of four rows, in the engine', async () => {
  const module = await ort();
  for (let code = 0; code < 4 ** 4; code++) {
    const order = [0, 1, 2, 3].map((i) => Math.floor(code / 4 ** i) % 4);
    const value = toOrtValue(module, { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), dims: [4, 2] }, false);
    value.pick(order);
    const expected = Float32Array.from(order.flatMap((from) => [2 * from + 1, 2 * from + 2]));
    expect(value.read('it').data, `${order}`).toEqual(expected);
    value.release();
  }
});

test('more rows and fewer, in the engine', async () => {
  const value = toOrtValue(await ort(), { data: Float32Array.of(1, 2, 3, 4), dims: [2, 2] }, false);
  value.pick([1, 0, 1]);
  expect(value.read('it')).toEqual({ data: Float32Array.of(3, 4, 1, 2, 3, 4), dims: [3, 2] });
  value.pick([2]);
  expect(value.read('it')).toEqual({ data: Float32Array.of(3, 4), dims: [1, 2] });
  value.release();
});
