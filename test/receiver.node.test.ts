// The receiver for trying hooks out.

import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listen } from '../model-assets/hooks/receiver.ts';

let server: Server;
const portOf = () => (server.address() as AddressInfo).port;

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  server = await listen(0, async () => []);
});
afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a sender that leaves within its body is not the end of it', async () => {
  const socket = connect(portOf(), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{"a":', () => socket.destroy());
  await once(socket, 'close');
  expect((await fetch(`http://127.0.0.1:${portOf()}/`, { method: 'POST', body: '{}' })).status).toBe(401);
});

test('a port that another has is said', async () => {
  await expect(listen(portOf(), async () => [])).rejects.toThrow(
    new RegExp(`^it cannot listen on port ${portOf()} \\(listen EADDRINUSE.*\\); --port names another$`),
  );
});
