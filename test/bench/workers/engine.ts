// The two engines side by side in one isolate. What is asked for otherwise is answered by the Worker itself.
//
//   POST /repeat     a Job (engine-cases.ts): does it so many times, and says nothing of time
//   GET  /heap?model=…&tokens=128      bytes of its engine's WASM memory after a run of so many tokens
//   GET  /bytes?model=…     reads the program file and hashes it, and makes nothing of it
//   GET  /hidden?model=…&tokens=128    last_hidden_state of ids that are everywhere the same, as 32-bit floats

import app from '../../../functions/index.ts';
import { type Decoding, ones, positionsAtOnce } from '../../../shared/generate/decoding.ts';
import { KeyValues } from '../../../shared/generate/key-values.ts';
import { skipsLogits } from '../../../shared/generate/open-decoding.ts';
import type { Env } from '../../../shared/http/settings.ts';
import { Meter } from '../../../shared/meter.ts';
import { verified } from '../../../shared/model/blob-stream.ts';
import { blobKey, type GraphName, type Manifest, manifestKey, parseManifest } from '../../../shared/model/manifest.ts';
import { openSessions } from '../../../shared/model/open-sessions.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { loadEngine } from '../../../shared/runtime/engine/load-engine.ts';
import { ortHeapBytes } from '../../../shared/runtime/ort-module.ts';
import type { Feeds, Session } from '../../../shared/runtime/session.ts';
import type { Job, Opened } from '../engine-cases.ts';
import limits from '../wasm/limits.wasm';

type Sessions = Readonly<Partial<Record<GraphName, Session>>>;

const PAGE = 65536;
const PIECES = 30_000;
const opened = new Map<string, Promise<Sessions>>();

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const model = searchParams.get('model') ?? '';
    const tokens = Number(searchParams.get('tokens') ?? 16);
    if (pathname === '/repeat') {
      await repeat(await request.json(), env.MODELS);
      return new Response('done');
    }
    if (pathname === '/heap') {
      const { model: graph } = await open({ model }, env.MODELS);
      await graph?.run(idsFor(graph, tokens));
      // onnxruntime's heap is there for good once a model of its own was open.
      const { engine: by } = await readManifest(model, env.MODELS);
      return new Response(String(by.name === 'edge' ? graph?.bytes : ortHeapBytes()));
    }
    if (pathname === '/bytes') {
      await readBytes(model, env.MODELS);
      return new Response('done');
    }
    if (pathname === '/hidden') {
      const { model: graph } = await open({ model }, env.MODELS);
      const hidden = (await graph?.run(idsFor(graph, tokens)))?.last_hidden_state;
      return new Response(hidden?.data as Float32Array<ArrayBuffer>);
    }
    return app.fetch(request, env, context);
  },
};

async function repeat({ it, repeats }: Job, bucket: R2Bucket): Promise<void> {
  if (it.kind === 'read') {
    const read = reader(it.bytes);
    for (let i = 0; i < repeats; i++) read();
    return;
  }
  const sessions = await open(it, bucket);
  if (it.kind === 'step') {
    const decoding = await decode(sessions, it.context);
    await decoding.step([Array(it.context).fill(5)]);
    const beams = it.beams ?? 1;
    if (beams > 1) decoding.reorder(Array(beams).fill(0));
    for (let i = 0; i < repeats; i++) await decoding.step(Array(beams).fill([5]));
    decoding.close();
    return;
  }
  if (it.kind === 'prompt') {
    for (let i = 0; i < repeats; i++) {
      const decoding = await decode(sessions, it.tokens);
      await decoding.step([Array(it.tokens).fill(5)]);
      decoding.close();
    }
    return;
  }
  const graph = sessions.model;
  if (!graph) throw new Error(`${it.model} is more than one graph`);
  const feeds = idsFor(graph, it.tokens);
  for (let i = 0; i < repeats; i++) await graph.run(feeds);
}

let memory: WebAssembly.Memory | undefined;

function reader(bytes: number): () => void {
  if (!memory) {
    memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    // Untouched pages are all one page of zeros.
    new Uint8Array(memory.buffer).fill(1);
  }
  const { read } = new WebAssembly.Instance(limits, { env: { memory } }).exports as {
    read(at: number, bytes: number): number;
  };
  return () => void read(0, bytes & ~127);
}

async function decode({ model, encoder, decoder, decoder_with_past }: Sessions, context: number): Promise<Decoding> {
  const first = model ?? decoder;
  if (!first) throw new Error('the model has no decoder');
  const hidden = (await encoder?.run(idsFor(encoder, context)))?.last_hidden_state;
  const source = hidden ? { hidden: { data: hidden.data as Float32Array, dims: hidden.dims }, length: context } : null;
  const graphs = { first, later: decoder_with_past ?? first };
  return new KeyValues(graphs, source, positionsAtOnce(PIECES, skipsLogits(graphs)));
}

function open(it: Opened, bucket: R2Bucket): Promise<Sessions> {
  const key = `${it.model} ${it.mode}`;
  const sessions = opened.get(key) ?? create(it, bucket);
  opened.set(key, sessions);
  return sessions;
}

async function readBytes(model: string, bucket: R2Bucket): Promise<void> {
  const { engine: by } = await readManifest(model, bucket);
  if (by.name !== 'edge') throw new Error('only the project’s own engine has a program');
  const object = await bucket.get(blobKey(by.program));
  if (!object) throw new Error('the program is missing');
  await verified(object.body, by.program, async (chunks) => {
    for await (const _ of chunks);
  });
}

const readManifest = async (model: string, bucket: R2Bucket) =>
  parseManifest(model, (await (await bucket.get(manifestKey(model)))?.text()) ?? '');

async function create({ model, mode }: Opened, bucket: R2Bucket): Promise<Sessions> {
  const manifest = await readManifest(model, bucket);
  if (mode !== undefined) return inMode(manifest, mode, bucket);
  const waitUntil = (write: Promise<unknown>) => void write.catch(() => {});
  return (await openSessions(manifest, { bucket, cache: caches.default, meter: new Meter(), waitUntil })).sessions;
}

async function inMode({ engine: { ...by } }: Manifest, mode: number, bucket: R2Bucket): Promise<Sessions> {
  if (by.name !== 'edge') throw new Error('only the project’s own engine has modes');
  const object = await bucket.get(blobKey(by.program));
  if (!object) throw new Error('the program is missing');
  return (await loadEngine(engine, object.body, by.program.bytes, mode === undefined ? {} : { mode })).sessions;
}

/** As many ids as are asked for, of a long series that does not repeat soon; whatever else the graph takes. */
function idsFor({ inputs }: Session, tokens: number): Feeds {
  const dims = [1, tokens];
  const ids = {
    data: BigInt64Array.from({ length: tokens }, (_, i) => BigInt(1000 + ((i * 7919) % (PIECES - 1000)))),
    dims,
  };
  const others: Feeds = {
    input_ids: ids,
    attention_mask: ones(1, tokens),
    token_type_ids: { data: new BigInt64Array(tokens), dims },
  };
  return Object.fromEntries(inputs.flatMap((name) => (others[name] ? [[name, others[name]]] : [])));
}
