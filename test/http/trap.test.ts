// A trap in one model: it answers model_unavailable once, is opened anew for the next request, and the others serve on.

import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { publishSeeded } from '../seeded/worker.ts';
import { trapOnce } from './trap-once.ts';
import { isolate, post } from './worker.ts';

beforeAll(() => publishSeeded('text-classification', {}, 'edge'));
afterEach(() => vi.restoreAllMocks());

const on = isolate();
const ask = (kind: string) =>
  post('/v1/text-classification', { model: `seeded-${kind}-text-classification`, inputs: 'The bridge was loved.' }, on);

test('one answer is lost, and nothing else', async () => {
  const sound = await (await ask('bert')).text();
  const other = await (await ask('electra')).text();
  trapOnce();
  const trapped = await ask('bert');
  expect(trapped.status).toBe(502);
  expect(await trapped.json()).toMatchObject({ error_type: 'model_unavailable' });
  // The other first: it must not need the broken one to be closed.
  expect(await (await ask('electra')).text()).toBe(other);
  const again = await ask('bert');
  expect(again.status).toBe(200);
  expect(await again.text()).toBe(sound);
});

test('requests that waited behind the trap are told the same, and those after it are answered', async () => {
  expect((await ask('bert')).status).toBe(200);
  trapOnce();
  const statuses = (await Promise.all([ask('bert'), ask('bert'), ask('electra')])).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 200 && status !== 502)).toEqual([]);
  expect(statuses).toContain(502);
  expect((await Promise.all(['bert', 'electra'].map(ask))).map(({ status }) => status)).toEqual([200, 200]);
});
