// The local clock says when what it fires fails.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { tick } from '../model-assets/hooks/clock.ts';

test('a sweep that fails is said, one that works is not, and one of a Worker that is gone is left to the next minute', async () => {
  let status = 200;
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const logged: string[] = [];
  const log = (line: string) => void logged.push(line);
  await tick(origin, log);
  expect(logged).toEqual([]);
  status = 500;
  await tick(origin, log);
  expect(logged).toEqual(['the sweep of webhooks failed with 500; it is tried again in a minute']);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await tick(origin, log);
  expect(logged).toHaveLength(1);
  expect(paths).toEqual(['/cdn-cgi/local/scheduled', '/cdn-cgi/local/scheduled']);
});
