// Property: on the project's own engine a padded batch is its rows, to the last bit, and 0 where there was padding.

import { expect, test } from 'vitest';
import type { Fetches, Session } from '../../shared/runtime/session.ts';
import { openSeeded } from './worker.ts';

const ROWS = [
  [5, 17, 40, 8, 61, 23, 7, 9, 30],
  [12, 6, 33],
  [44, 45, 46, 47, 48],
];
const TOKENS = Math.max(...ROWS.map(({ length }) => length));

function run(session: Session, rows: readonly (readonly number[])[], tokens: number): Promise<Fetches> {
  const dims = [rows.length, tokens];
  const batch = (toValue: (id: number | undefined) => number) => ({
    data: BigInt64Array.from({ length: rows.length * tokens }, (_, i) =>
      BigInt(toValue(rows[Math.floor(i / tokens)]?.[i % tokens])),
    ),
    dims,
  });
  const all = {
    input_ids: batch((id) => id ?? 1),
    attention_mask: batch((id) => Number(id !== undefined)),
    token_type_ids: batch(() => 0),
  };
  return session.run(Object.fromEntries(Object.entries(all).filter(([name]) => session.inputs.includes(name))));
}

test.each([
  'seeded-bert-feature-extraction',
  'seeded-roberta-token-classification',
  'seeded-albert-text-classification',
  'seeded-distilbert-question-answering',
  'seeded-bert-fill-mask',
])('%s', async (name) => {
  const session = await openSeeded(name);
  const batch = await run(session, ROWS, TOKENS);
  for (const [row, ids] of ROWS.entries()) {
    const alone = await run(session, [ids], ids.length);
    for (const [output, { data, dims }] of Object.entries(alone)) {
      const whole = batch[output];
      const perRow = (whole?.data.length ?? 0) / ROWS.length;
      const own = Array.from(whole?.data.subarray(row * perRow, (row + 1) * perRow) ?? [], Number);
      expect(whole?.dims).toEqual([
        ROWS.length,
        ...(dims[1] === ids.length ? [TOKENS] : dims.slice(1, 2)),
        ...dims.slice(2),
      ]);
      expect(own.slice(0, data.length)).toEqual(Array.from(data, Number));
      expect(own.slice(data.length).every((value) => value === 0)).toBe(true);
    }
  }
});

test('rows of one length, and rows of nothing but padding, are run as they are', async () => {
  const session = await openSeeded('seeded-bert-feature-extraction');
  const [ids = []] = ROWS;
  const two = await run(session, [ids, ids], ids.length);
  const { data } = two.last_hidden_state ?? { data: new Float32Array() };
  expect(data.subarray(0, data.length / 2)).toEqual(data.subarray(data.length / 2));
  const empty = await run(session, [ids, []], ids.length);
  expect(Array.from(empty.last_hidden_state?.data ?? [], Number).every(Number.isFinite)).toBe(true);
});
