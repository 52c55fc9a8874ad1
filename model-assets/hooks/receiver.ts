// A receiver that prints what it is given, for trying hooks out.

import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { reasonOf } from '../reason.ts';
import { standardHeaders } from './sender.ts';

const TOLERANCE_MS = 300_000;

/** Serves on loopback until it is stopped. `secrets`: what deliveries may be signed with. Throws where it cannot have the port. */
export async function listen(port: number, secrets: () => Promise<readonly string[]>): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await textOf(request).catch(() => undefined);
    // Who sent it has left.
    if (body === undefined) return;
    const id = request.headers['webhook-id'];
    const isKnown = (await secrets()).some((secret) => isGenuine(request, body, secret));
    console.log(`${request.url} ${id} ${isKnown ? 'genuine' : 'NOT GENUINE'}\n${pretty(body)}\n`);
    response.writeHead(isKnown ? 204 : 401).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`it cannot listen on port ${port} (${reasonOf(cause)}); --port names another`, { cause });
  });
  console.log(`listening on http://127.0.0.1:${port}\n`);
  return server;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function isGenuine({ headers }: IncomingMessage, body: string, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': given } = headers;
  const at = Number(time) * 1000;
  if (typeof id !== 'string' || typeof given !== 'string' || !(Math.abs(Date.now() - at) <= TOLERANCE_MS)) return false;
  const expected = Buffer.from(standardHeaders(secret, id, body, at)['webhook-signature'] ?? '');
  return given.split(' ').some((each) => {
    const signature = Buffer.from(each);
    return signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected);
  });
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
