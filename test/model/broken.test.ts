// A model whose engine has failed: its memory is for others at once, not when somebody asks for it again.

import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ManifestReader } from '../../shared/model/manifest-reader.ts';
import { ModelStore } from '../../shared/model/model-store.ts';
import { graphOf } from '../../shared/model/open-model.ts';
import { trapOnce } from '../http/trap-once.ts';
import { publishTinyBert, source } from '../http/worker.ts';

beforeAll(() => publishTinyBert({ name: 'fails' }));
afterEach(() => vi.restoreAllMocks());

test('it is no longer handed out, and closed with its last lease', async () => {
  const store = new ModelStore(new ManifestReader(60_000), 8 * 2 ** 20);
  const acquire = () => store.acquire('fails', source());
  const [first, second] = [await acquire(), await acquire()];
  const session = graphOf(first.model);
  const run = () => {
    const ids = { data: new BigInt64Array(4).fill(1n), dims: [1, 4] };
    return session.run({ input_ids: ids, attention_mask: ids, token_type_ids: ids });
  };
  trapOnce();
  await expect(run()).rejects.toMatchObject({ code: 'model_unavailable' });
  first.release();
  expect(store.open).toEqual([]);
  expect(session.bytes).toBeGreaterThan(0);
  second.release();
  await vi.waitFor(() => expect(session.bytes).toBe(0), 30_000);
  const third = await acquire();
  expect(third.model.isBroken()).toBe(false);
  third.release();
  expect(store.open).toEqual(['fails']);
});
