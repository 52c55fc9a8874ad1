// A model whose memory grows while it runs, beside others that are open.

import { beforeAll, expect, test } from 'vitest';
import { ManifestReader } from '../../shared/model/manifest-reader.ts';
import { ModelStore } from '../../shared/model/model-store.ts';
import { graphOf, type Model } from '../../shared/model/open-model.ts';
import type { Fetches } from '../../shared/runtime/session.ts';
import { publishTinyBert, source } from '../http/worker.ts';

const BUDGET = 8 * 2 ** 20;
const PAGE = 65536;

beforeAll(async () => {
  for (const name of ['grows', 'other']) await publishTinyBert({ name });
});

const createStore = (most: number) => new ModelStore(new ManifestReader(60_000), BUDGET, most);

const TOKENS = 60;

async function run(model: Model, rows: number, outputs?: readonly string[]): Promise<Fetches> {
  const ids = { data: new BigInt64Array(rows * TOKENS).fill(1n), dims: [rows, TOKENS] };
  return graphOf(model).run({ input_ids: ids, attention_mask: ids, token_type_ids: ids }, outputs);
}

/** WASM memory of the model as it is opened, and after many rows at once. */
async function sizes(): Promise<{ opened: number; grown: number }> {
  const store = createStore(BUDGET);
  const { model, release } = await store.acquire('grows', source());
  const opened = store.bytesOf('grows') ?? 0;
  await run(model, 32);
  release();
  return { opened, grown: store.bytesOf('grows') ?? 0 };
}

test('what is idle is closed before it grows', async () => {
  const { opened, grown } = await sizes();
  expect(grown).toBeGreaterThan(opened);
  const store = createStore(opened + grown - 1);
  (await store.acquire('other', source())).release();
  const { model, release } = await store.acquire('grows', source());
  expect(store.open).toEqual(['other', 'grows']);
  await run(model, 32);
  expect(store.open).toEqual(['grows']);
  release();
  expect(store.bytesOf('grows')).toBe(grown);
});

test('what is in use stays: the large input is refused, and works when the other has ended', async () => {
  const { opened, grown } = await sizes();
  const store = createStore(opened + grown - 1);
  const other = await store.acquire('other', source());
  const { model, release } = await store.acquire('grows', source());
  await expect(run(model, 32)).rejects.toMatchObject({
    code: 'overloaded',
    message: expect.stringContaining('while others are in use; send the request again, or less at once'),
  });
  await run(model, 1);
  other.release();
  await run(model, 32);
  release();
  expect(store.open).toEqual(['grows']);
});

test('where nobody else has the room, waiting would not help: the input is too large', async () => {
  const { grown } = await sizes();
  const { model } = await createStore(grown - 1).acquire('grows', source());
  await expect(run(model, 32, ['logits'])).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringMatching(
      /^model grows needs .* MiB more for this input than the .* MiB that there are; send less at once$/,
    ),
  });
  await run(model, 1);
});

test('what is copied out of it counts too', async () => {
  const { model } = await createStore(BUDGET).acquire('grows', source());
  const outputs = Object.values(await run(model, 32));
  const copies = outputs.reduce((sum, { data }) => sum + data.byteLength, 0);
  const { bytes } = graphOf(model);
  const least = bytes + model.tokenizer.bytes + copies;
  const { model: fitting } = await createStore(least).acquire('grows', source());
  await run(fitting, 32);
  // Memory grows by whole pages.
  const { model: larger } = await createStore(bytes - PAGE + copies).acquire('grows', source());
  await expect(run(larger, 32)).rejects.toMatchObject({ code: 'too_large' });
  await run(larger, 1);
  // Where the memory is there already, too.
  const store = createStore(least + 2 * copies);
  const { model: grown, release } = await store.acquire('grows', source());
  await run(grown, 32);
  release();
  (await store.acquire('other', source())).release();
  expect(store.open).toEqual(['grows', 'other']);
  await run((await store.acquire('grows', source())).model, 32);
  expect(store.open).toEqual(['grows']);
});
