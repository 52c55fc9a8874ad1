// A text in more windows than an isolate's memory holds is refused, and the next request works.

import { beforeAll, expect, test } from 'vitest';
import { isolate, post } from '../http/worker.ts';
import { publishSeeded } from './worker.ts';

const ROUTE = '/v1/token-classification';
const on = isolate();

beforeAll(() => publishSeeded('token-classification'));

test('a long text in windows one token further each', async () => {
  const inputs = 'a '.repeat(200_000);
  const response = await post(ROUTE, { inputs, parameters: { stride: 125 } }, on);
  expect(response.status).toBe(413);
  expect(await response.text()).toContain('lower the stride from 125');
  const next = await post(ROUTE, { inputs: 'Paris' }, on);
  expect(next.status).toBe(200);
});
