// A receiver that counts, and that can be made to fail in each way that receivers fail.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';

export type Behaviour = 'ok' | '500' | '429' | 'hang' | 'close' | 'close-after';

export interface Receiver {
  readonly url: string;
  behaviour: Behaviour;
  /** How often each event was answered with a 2xx. */
  readonly answered: ReadonlyMap<string, number>;
  /** Requests by what became of them. */
  readonly counts: Readonly<Record<Behaviour, number>>;
  /** Deliveries that were not signed as they must be, or that said another thing than the one before of the same id. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export async function startReceiver(secret: string): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const answered = new Map<string, number>();
  const said = new Map<string, string>();
  const faults: string[] = [];
  const counts: Record<Behaviour, number> = { ok: 0, '500': 0, '429': 0, hang: 0, close: 0, 'close-after': 0 };

  const server = createServer(async (request, response) => {
    const { behaviour } = receiver;
    counts[behaviour] += 1;
    if (behaviour === 'close') return void request.socket.destroy();
    const body = await textOf(request).catch(() => undefined);
    if (body === undefined) return;
    const id = `${request.headers['webhook-id']}`;
    check(id, body, request);
    if (behaviour === 'close-after') return void request.socket.destroy();
    if (behaviour === 'ok') answered.set(id, (answered.get(id) ?? 0) + 1);
    answer(response, behaviour);
  });

  function check(id: string, body: string, { headers }: IncomingMessage): void {
    try {
      webhook.verify(body, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}`])));
    } catch (error) {
      faults.push(`${id}: ${error}`);
    }
    const hash = createHash('sha256').update(body).digest('base64');
    if ((said.get(id) ?? hash) !== hash) faults.push(`${id}: another body`);
    said.set(id, hash);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/`,
    behaviour: 'ok',
    answered,
    counts,
    faults,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}

function answer(response: ServerResponse, behaviour: Behaviour): void {
  if (behaviour === 'hang') return;
  if (behaviour === 'ok') response.writeHead(204).end();
  else if (behaviour === '429') response.writeHead(429, { 'retry-after': '2' }).end('slow down');
  else response.writeHead(500).end('broken');
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
