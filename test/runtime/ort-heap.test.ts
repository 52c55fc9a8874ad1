// The heap that sessions of onnxruntime-web share goes with the last of them, and with one that has failed.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readBlob } from '../../shared/model/blobs.ts';
import { openOrtSession, ortHeapBytes } from '../../shared/runtime/ort.ts';
import { dropOrt, ort } from '../../shared/runtime/ort-module.ts';
import { publishTinyBert, source, tinyBert } from '../http/worker.ts';

// Other tests of this isolate may have left sessions open.
beforeEach(async () => dropOrt(await ort()));
afterEach(() => vi.restoreAllMocks());

async function open() {
  await publishTinyBert();
  const { model } = tinyBert.graphs;
  if (!model) throw new Error('the fixture has no graph');
  const externalData = await Promise.all(
    model.externalData.map(async ({ path, blob }) => ({ path, data: await readBlob(source(), blob) })),
  );
  return openOrtSession({ graph: await readBlob(source(), model.onnx), externalData });
}

type Session = Awaited<ReturnType<typeof open>>;

function ask(session: Session, rows: number) {
  const ids = { data: new BigInt64Array(rows * 60).fill(1n), dims: [rows, 60] };
  return session.run({ input_ids: ids, attention_mask: ids, token_type_ids: ids });
}

test('it stays while any of them is open, and a next one starts small', async () => {
  const [first, second] = [await open(), await open()];
  const small = ortHeapBytes();
  const answer = await ask(first, 1);
  await ask(second, 200);
  expect(ortHeapBytes()).toBeGreaterThan(small);
  await second.close();
  expect(await ask(first, 1)).toEqual(answer);
  await first.close();
  expect(ortHeapBytes()).toBe(0);
  const third = await open();
  expect(ortHeapBytes()).toBeLessThanOrEqual(small);
  expect(await ask(third, 1)).toEqual(answer);
  await third.close();
});

test('after a trap all sessions are broken, and one that is opened then works', async () => {
  const [first, second] = [await open(), await open()];
  const answer = await ask(second, 1);
  vi.spyOn(await ort(), '_OrtRun').mockImplementation(() => {
    throw new WebAssembly.RuntimeError('unreachable');
  });
  await expect(ask(first, 1)).rejects.toThrow('unreachable');
  expect([first.isBroken, second.isBroken]).toEqual([true, true]);
  await expect(ask(second, 1)).rejects.toMatchObject({ code: 'model_unavailable' });
  const third = await open();
  await first.close();
  await second.close();
  expect(third.isBroken).toBe(false);
  expect(await ask(third, 1)).toEqual(answer);
  await third.close();
});
