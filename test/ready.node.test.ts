// What is waited for before `npm start` says that it is ready.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { untilReady, untilRunning } from '../model-assets/ready.ts';

test('a service that runs and is not ready says why, once, and then is waited for', async () => {
  const answers = [
    [503, '{"status": "not ready", "reason": "blob x is missing"}'],
    [503, '{"status": "not ready", "reason": "blob x is missing"}'],
    [500, 'broken'],
    [503, '{"status": "not ready", "reason": "blob x is missing"}'],
    [200, '{"status": "ready"}'],
  ] as const;
  let count = 0;
  const server = createServer(({ url }, response) => {
    const [status, body] = (url === '/ready' && answers[count++]) || [200, '{"status": "ok"}'];
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const logged: string[] = [];
  await untilRunning(origin);
  await untilReady(origin, (line) => logged.push(line), 1);
  expect([count, logged]).toEqual([
    5,
    [
      expect.stringMatching(
        /^not ready: blob x is missing; npm run models -- verify says what is damaged, and what is whole/,
      ),
      expect.stringMatching(/^not ready: \/ready answers 500; /),
    ],
  ]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
