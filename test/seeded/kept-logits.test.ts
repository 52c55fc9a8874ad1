// Rows of the logits that a run asks for are the same on both engines, whether others were computed or not: of a batch, at either end, and
// where more are asked for than there are.

import { expect, inject, test } from 'vitest';
import { openOrtSession } from '../../shared/runtime/ort.ts';
import type { Feeds, Session } from '../../shared/runtime/session.ts';
import { kept, openSeeded } from './worker.ts';

const NAME = 'seeded-bert-fill-mask';
const [ROWS, TOKENS] = [2, 6];

async function openJudge(): Promise<Session> {
  const graph = inject('seeded').find(({ name }) => name === NAME)?.graphs.model ?? expect.fail(NAME);
  const externalData = graph.externalData.map(async ({ path, blob }) => ({
    path,
    data: new Uint8Array(await kept(blob.sha256)),
  }));
  const onnx = new Uint8Array(await kept(graph.onnx.sha256));
  return openOrtSession({ graph: onnx, externalData: await Promise.all(externalData) });
}

function feedsOf({ inputs }: Session): Feeds {
  const tensor = (value: (i: number) => number) => ({
    data: BigInt64Array.from({ length: ROWS * TOKENS }, (_, i) => BigInt(value(i))),
    dims: [ROWS, TOKENS],
  });
  const all = { input_ids: tensor((i) => 5 + 7 * i), attention_mask: tensor(() => 1), token_type_ids: tensor(() => 0) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
}

test('one window, both engines', async () => {
  const [own, judge] = [await openSeeded(NAME), await openJudge()];
  expect([own.skipsLogits, judge.skipsLogits]).toEqual([true, false]);
  const feeds = feedsOf(own);
  const all = (await judge.run(feeds)).logits;
  const [, , words = 0] = all?.dims ?? [];
  for (const [start, count] of [
    [0, 1],
    [5, 1],
    [2, 3],
    [9, 2],
    [0, 6],
    [3, 1000],
  ] as const) {
    const rows = Math.min(count, TOKENS);
    const first = Math.min(start, TOKENS - rows);
    const wanted = Array.from({ length: ROWS }, (_, row) => {
      const at = (row * TOKENS + first) * words;
      return [...(all?.data ?? []).slice(at, at + rows * words)].map(Number);
    }).flat();
    for (const session of [own, judge]) {
      const { logits } = await session.run(feeds, ['logits'], { start, count });
      expect(logits?.dims).toEqual([ROWS, rows, words]);
      const furthest = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(logits?.data[i]))), 0);
      expect(furthest, `${start}, ${count}`).toBeLessThan(session === judge ? 1e-9 : 1e-4);
    }
  }
  await judge.close();
});
