// Repeats a whole request, or a bare run of the same graph over as many ids, inside one isolate and in the engine that the manifest names.
//
//   /steps?model=…&tokens=16&rows=1&repeats=1: so many bare steps of a decoder, behind a prompt of as many tokens
//   /whole?task=…&tokens=16&rows=1&repeats=1     /bare?model=…&tokens=16&rows=1&repeats=1
//   &outputs=all of /bare: hidden states too, where logits are not all that there is; &keep=1: the last row of its logits

import app from '../../../functions/index.ts';
import { lastOf, positionsAtOnce } from '../../../shared/generate/decoding.ts';
import { KeyValues } from '../../../shared/generate/key-values.ts';
import type { Env } from '../../../shared/http/settings.ts';
import { Meter } from '../../../shared/meter.ts';
import { manifestKey, parseManifest } from '../../../shared/model/manifest.ts';
import { openSessions } from '../../../shared/model/open-sessions.ts';
import type { Feeds, Session } from '../../../shared/runtime/session.ts';
import { toBody } from '../bodies.ts';

const opened = new Map<string, Promise<Session>>();

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string, fallback: number) => Number(searchParams.get(name) ?? fallback);
    const [repeats, tokens, rows] = [number('repeats', 1), number('tokens', 16), number('rows', 1)];
    if (pathname === '/bare') {
      const session = await open(env.MODELS, searchParams.get('model') ?? 'minilm-sst2');
      const isAll = session.outputs.length === 1 || searchParams.get('outputs') === 'all';
      const outputs = session.outputs.filter((name) => name !== 'last_hidden_state' || isAll);
      const keep = searchParams.has('keep') ? lastOf(tokens) : undefined;
      for (let i = 0; i < repeats; i++) await session.run(feedsOf(session, rows, tokens), outputs, keep);
    } else if (pathname === '/steps') {
      const session = await open(env.MODELS, searchParams.get('model') ?? '');
      const decoding = new KeyValues(
        { first: session, later: session },
        null,
        positionsAtOnce(50_257, session.skipsLogits),
      );
      await decoding.step([Array(tokens).fill(5)]);
      const order = Array(rows).fill(0);
      decoding.reorder(order);
      for (let i = 1; i < repeats; i++) await decoding.step(order.map(() => [5]));
      decoding.close();
    } else if (pathname === '/whole') {
      const task = searchParams.get('task') ?? 'text-classification';
      const body = JSON.stringify(toBody(task, tokens, rows));
      for (let i = 0; i < repeats; i++) {
        const response = await app.fetch(requestOf(task, body), env, context);
        if (!response.ok) return response;
        await response.arrayBuffer();
      }
    } else {
      return app.fetch(request, env, context);
    }
    return new Response('done');
  },
};

const requestOf = (task: string, body: string) =>
  new Request(`http://bench.test/v1/${task}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

function open(bucket: R2Bucket, model: string): Promise<Session> {
  const session = opened.get(model) ?? create(bucket, model);
  opened.set(model, session);
  return session;
}

async function create(bucket: R2Bucket, model: string): Promise<Session> {
  const waitUntil = (write: Promise<unknown>) => void write.catch(() => {});
  const source = { bucket, cache: caches.default, meter: new Meter(), waitUntil };
  const { sessions } = await openSessions(await readManifest(bucket, model), source);
  if (!sessions.model) throw new Error(`${model} is more than one graph`);
  return sessions.model;
}

const readManifest = async (bucket: R2Bucket, model: string) =>
  parseManifest(model, (await (await bucket.get(manifestKey(model)))?.text()) ?? '');

function feedsOf({ inputs }: Session, rows: number, tokens: number): Feeds {
  const values: Record<string, bigint> = { input_ids: 100n, attention_mask: 1n, token_type_ids: 0n };
  const tensor = (value: bigint) => ({ data: new BigInt64Array(rows * tokens).fill(value), dims: [rows, tokens] });
  return Object.fromEntries(inputs.map((name) => [name, tensor(values[name] ?? 0n)]));
}
