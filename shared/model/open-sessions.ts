// Opens the graphs of a model in the engine that its manifest names.

import { hasOnnxruntime, openOrtSession } from '#onnxruntime';
import { ServiceError } from '../errors.ts';
import type { MemoryOptions } from '../runtime/engine/instance.ts';
import { openEngine } from '../runtime/engine/open-engine.ts';
import type { FallibleSession, OnnxFiles } from '../runtime/ort.ts';
import type { Session } from '../runtime/session.ts';
import type { Chunks } from './blob-stream.ts';
import { type BlobSource, readBlob, streamBlob } from './blobs.ts';
import type { Graph, GraphName, Manifest } from './manifest.ts';

export interface Opened {
  readonly sessions: Readonly<Partial<Record<GraphName, Session>>>;
  /** Whether the engine has failed, so that nothing more will come of it. */
  isBroken(): boolean;
}

/** Throws `model_unavailable` where this Worker lacks the engine, whatever else there may be of the model. */
export function demandEngine({ name, engine }: Manifest): void {
  if (engine.name === 'edge' || hasOnnxruntime) return;
  const message = `model ${name} is unavailable: it runs on onnxruntime-web, and this Worker was deployed without; run npm run deploy again`;
  throw new ServiceError('model_unavailable', message);
}

/** `options`: of the project's own engine. Throws `model_unavailable` where a file is missing or damaged, and then leaves nothing open. */
export async function openSessions(
  { engine, graphs }: Manifest,
  source: BlobSource,
  options?: MemoryOptions,
): Promise<Opened> {
  if (engine.name === 'edge') {
    const { program } = engine;
    const open = (chunks: Chunks) => openEngine(chunks, program.bytes, options);
    const { sessions, instance } = await streamBlob(source, program, open);
    demandGraphs(Object.keys(sessions), Object.keys(graphs));
    return { sessions, isBroken: () => instance.isBroken };
  }
  const opened: [string, FallibleSession][] = [];
  try {
    for (const [name, graph] of Object.entries(graphs)) {
      opened.push([name, await openOrtSession(await readOnnx(graph, source))]);
    }
    return { sessions: Object.fromEntries(opened), isBroken: () => opened.some(([, session]) => session.isBroken) };
  } catch (error) {
    await Promise.all(opened.map(([, session]) => session.close()));
    throw error;
  }
}

/** A program says by itself what it is of. */
function demandGraphs(compiled: readonly string[], named: readonly string[]): void {
  const [there, wanted] = [compiled, named].map((names) => names.toSorted().join(', '));
  if (there === wanted) return;
  const message = `its program has the graphs [${there}] where its manifest names [${wanted}]; publish the model again`;
  throw new ServiceError('model_unavailable', message);
}

async function readOnnx({ onnx, externalData }: Graph, source: BlobSource): Promise<OnnxFiles> {
  const graph = await readBlob(source, onnx);
  const weights: { path: string; data: Uint8Array }[] = [];
  for (const { path, blob } of externalData) weights.push({ path, data: await readBlob(source, blob) });
  return { graph, externalData: weights };
}
