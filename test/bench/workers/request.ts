// Repeats a whole request, or a bare run of onnxruntime-web on the same graph and the same ids, inside one isolate.

import type { InferenceSession } from 'onnxruntime-web/wasm';
import app from '../../../functions/index.ts';
import type { Env } from '../../../shared/http/settings.ts';
import { blobKey, manifestKey, parseManifest } from '../../../shared/model/manifest.ts';
import { ortHeapBytes, withOrt } from '../../../shared/runtime/ort-wasm.ts';

let bare: Promise<InferenceSession> | undefined;

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const repeats = Number(searchParams.get('repeats') ?? 1);
    const tokens = Number(searchParams.get('tokens') ?? 16);
    const rows = Number(searchParams.get('rows') ?? 1);
    if (pathname === '/heap') return new Response(String(ortHeapBytes()));
    if (pathname === '/bare') {
      bare ??= openBare(env.MODELS);
      const session = await bare;
      for (let i = 0; i < repeats; i++) await runBare(session, rows, tokens);
    } else if (pathname === '/whole') {
      for (let i = 0; i < repeats; i++) {
        const response = await app.fetch(requestOf(tokens), env, context);
        if (!response.ok) return response;
        await response.arrayBuffer();
      }
    } else {
      return app.fetch(request, env, context);
    }
    return new Response('done');
  },
};

/** One-piece words, less the two special tokens. */
function requestOf(tokens: number): Request {
  const headers = { 'content-type': 'application/json' };
  const inputs = Array(tokens - 2)
    .fill('good')
    .join(' ');
  return new Request('http://bench.test/v1/text-classification', {
    method: 'POST',
    headers,
    body: JSON.stringify({ inputs }),
  });
}

async function openBare(bucket: R2Bucket): Promise<InferenceSession> {
  const bytes = async (key: string) =>
    new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0));
  const manifest = parseManifest('minilm-sst2', new TextDecoder().decode(await bytes(manifestKey('minilm-sst2'))));
  const graph = manifest.graphs.model;
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const { path, blob } of graph.externalData) externalData.push({ path, data: await bytes(blobKey(blob)) });
  const onnx = await bytes(blobKey(graph.onnx));
  return withOrt((ort) => ort.InferenceSession.create(onnx, { executionProviders: ['wasm'], externalData }));
}

function runBare(session: InferenceSession, rows: number, tokens: number): Promise<unknown> {
  return withOrt(({ Tensor }) => {
    const tensor = (value: bigint) => new Tensor('int64', new BigInt64Array(rows * tokens).fill(value), [rows, tokens]);
    return session.run({ input_ids: tensor(1000n), attention_mask: tensor(1n), token_type_ids: tensor(0n) }, [
      'logits',
    ]);
  });
}
