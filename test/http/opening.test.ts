// What opening a model asks of the bucket, and what an open one may grow to.

import { beforeEach, expect, test } from 'vitest';
import { writeProgram } from '../../model-assets/engine/write-program.ts';
import { hex } from '../../shared/model/blob-stream.ts';
import { blobKey, openedBlobsOf } from '../../shared/model/manifest.ts';
import { graphOf, type Model, modelBytes, openModel } from '../../shared/model/open-model.ts';
import type { Fetches } from '../../shared/runtime/session.ts';
import { bucket, publishTinyBert, source, tinyBert } from './worker.ts';

const [tokenizer, program] = openedBlobsOf(tinyBert);
if (!tokenizer || !program) throw new Error('the fixture has no blobs');

beforeEach(async () => {
  await publishTinyBert();
});

/** A bucket that hands out one of the blobs only when it has been asked for the other. */
function oneAfterTheOther(waiting: string, asked: string): R2Bucket {
  const begun = Promise.withResolvers<void>();
  return {
    get: async (key: string) => {
      if (key === asked) begun.resolve();
      if (key === waiting) await begun.promise;
      return bucket().get(key);
    },
  } as unknown as R2Bucket;
}

test('the files of a model are read side by side: far from the bucket, each alone is a way there and back', async () => {
  const keys = [blobKey(tokenizer), blobKey(program)] as const;
  for (const [waiting, asked] of [keys, [...keys].reverse() as [string, string]]) {
    for (const { sha256 } of [tokenizer, program]) await caches.default.delete(`https://blobs.invalid/${sha256}`);
    const { model } = (await openModel(tinyBert, { ...source(), bucket: oneAfterTheOther(waiting, asked) })).sessions;
    expect(model?.inputs).toContain('input_ids');
  }
});

test("a program whose graphs are not the manifest's is not opened", async () => {
  const { model } = tinyBert.graphs;
  await expect(openModel({ ...tinyBert, graphs: model ? { encoder: model } : {} }, source())).rejects.toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('its program has the graphs [model] where its manifest names [encoder]'),
  });
  const none = writeProgram({ functions: [], imageBytes: 0 }, new Uint8Array());
  const blob = { sha256: hex(await crypto.subtle.digest('SHA-256', none)), bytes: none.byteLength };
  await bucket().put(blobKey(blob), none);
  const engine = { ...tinyBert.engine, name: 'edge', program: blob } as const;
  await expect(openModel({ ...tinyBert, engine }, source())).rejects.toMatchObject({
    message: expect.stringContaining('its program has the graphs [] where its manifest names [model]'),
  });
});

/** WASM memory of the model's engine, in bytes. */
const engineBytes = (model: Model) => modelBytes(model) - model.tokenizer.bytes;

function ask(model: Model, rows: number): Promise<Fetches> {
  const ids = { data: new BigInt64Array(rows * 60).fill(1n), dims: [rows, 60] };
  return graphOf(model).run({ input_ids: ids, attention_mask: ids, token_type_ids: ids });
}

test('an input for which a model would grow too large is told so, and the next is answered', async () => {
  const free = await openModel(tinyBert, source());
  const one = await ask(free, 1);
  const enough = engineBytes(free);
  const most = enough + Object.values(one).reduce((sum, { data }) => sum + data.byteLength, 0);
  await ask(free, 32);
  expect(engineBytes(free)).toBeGreaterThan(most);
  const bounded = await openModel(tinyBert, source(), { most });
  await expect(ask(bounded, 32)).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringMatching(/^with this input the model would need \d MiB of memory; it may have \d: send less/),
  });
  expect(await ask(bounded, 1)).toEqual(one);
  expect(engineBytes(bounded)).toBe(enough);
});
