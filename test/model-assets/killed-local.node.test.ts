// npm run models -- add into the local bucket, killed at every step with the workerd that holds the bucket: readers see all or nothing, and
// the next run goes on.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCatalogue } from '../../model-assets/bucket/catalogue-writer.ts';
import type { ObjectStore } from '../../model-assets/bucket/object-store.ts';
import { openStore } from '../../model-assets/bucket/open-store.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { Host } from '../../model-assets/host/start-host.ts';
import { stateIn } from '../../model-assets/wrangler-config.ts';
import { processesWith, run, start } from './servers/tool.ts';

const MODEL = 'model-assets/seeded/seeded-bert-text-classification';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ignore = () => undefined;
const env = () => ({ EDGE_PIPELINES_CACHE: folder });
const args = () => ['add', MODEL, '--persist-to', join(folder, 'state')];

/** What readers of the bucket see, and what is wrong with it. */
async function look() {
  const host = new Host();
  try {
    const store = await openStore(false, host, stateIn(join(folder, 'state')));
    const { faults } = await verify(store, ignore, ignore);
    const { models } = await readCatalogue(store);
    return {
      faults,
      listed: models.length,
      manifests: await count(store, 'manifests/'),
      blobs: await count(store, 'blobs/'),
    };
  } finally {
    await host.close();
  }
}

async function count(store: ObjectStore, prefix: string): Promise<number> {
  let found = 0;
  for await (const _ of store.list(prefix)) found += 1;
  return found;
}

test
  .skipIf(process.platform !== 'linux')
  .each([
    'PUT /publishing/',
    'GET /collecting.json',
    'HEAD /blobs/',
    'PUT /blobs/',
    'GET /manifests/',
    'PUT /manifests/',
    'GET /catalogue.json',
    'PUT /catalogue.json',
    'DELETE /publishing/',
  ])('at %s', async (step) => {
  const { code } = await start(args(), { ...env(), KILL_AT: step }, undefined, true).outcome;
  expect(code).toBe(null);
  await vi.waitFor(() => expect(processesWith('EDGE_PIPELINES_CACHE', folder)).toEqual([]), {
    timeout: 20_000,
    interval: 100,
  });
  const { faults, listed, manifests } = await look();
  // A manifest without a catalogue is seen by nobody who asks what there is.
  expect(faults).toEqual(manifests > listed ? ['there are models and no catalogue; add one of them again'] : []);
  expect(listed).toBeLessThanOrEqual(manifests);
  const { code: second, errors } = await run(args(), env());
  expect([second, errors]).toEqual([0, '']);
  expect(await look()).toEqual({ faults: [], listed: 1, manifests: 1, blobs: 7 });
});
