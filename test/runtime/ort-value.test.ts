// Tensors that stay in the engine: rows moved in place, expanded, and read back.

import { expect, test } from 'vitest';
import { moveRows } from '../../shared/runtime/move-rows.ts';
import { ort } from '../../shared/runtime/ort-module.ts';
import { toOrtValue } from '../../shared/runtime/ort-value.ts';

const ROWS = ['aa', 'bb', 'cc', 'dd'];
const bytesOf = (rows: readonly string[]) => new TextEncoder().encode(rows.join(''));

test('every order of four rows', () => {
  for (let code = 0; code < 4 ** 4; code++) {
    const order = [0, 1, 2, 3].map((i) => Math.floor(code / 4 ** i) % 4);
    const bytes = bytesOf(ROWS);
    moveRows(bytes, 2, order);
    expect(new TextDecoder().decode(bytes), `${order}`).toBe(order.map((from) => ROWS[from]).join(''));
  }
});

test('rows that stay are not written', () => {
  const bytes = bytesOf(ROWS);
  const written: number[] = [];
  const set = bytes.set.bind(bytes);
  bytes.set = (source, offset = 0) => {
    written.push(offset);
    set(source, offset);
  };
  moveRows(bytes, 2, [0, 0, 2, 3]);
  expect(written).toEqual([2]);
});

test('more rows and fewer, in the engine', async () => {
  const value = toOrtValue(await ort(), { data: Float32Array.of(1, 2, 3, 4), dims: [2, 2] }, false);
  value.pick([1, 0, 1]);
  expect(value.read('it')).toEqual({ data: Float32Array.of(3, 4, 1, 2, 3, 4), dims: [3, 2] });
  value.pick([2]);
  expect(value.read('it')).toEqual({ data: Float32Array.of(3, 4), dims: [1, 2] });
  value.release();
});
