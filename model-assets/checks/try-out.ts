// The trial run: the deployed Worker in workerd, the model's own blobs, one request.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Checkpoint } from '../checkpoint.ts';
import type { Host } from '../host/start-host.ts';
import { trialBody } from './trial-body.ts';

const tokenizerJson = z.object({ added_tokens: z.array(z.object({ id: z.int(), content: z.string() })) });
const failure = z.object({ error: z.string() });

/** Throws, with what the Worker says, where the model does not answer, or not with numbers. */
export async function tryOut({ manifest, blobs }: Checkpoint, folder: string, host: Host): Promise<void> {
  const mask = manifest.task === 'fill-mask' ? await maskToken(folder, manifest.pieces.maskId) : undefined;
  const body = trialBody(manifest, mask);
  const { status, text } = await host.ask({ kind: 'trial', manifest, blobs, body });
  const answer = parse(text);
  if (status !== 200) {
    const said = failure.safeParse(answer);
    const { engine } = manifest;
    const why = engine.name === 'onnxruntime-web' ? `; it runs on onnxruntime-web as ${engine.reason}` : '';
    throw new Error(
      `a trial run in workerd was answered with ${status}: ${said.success ? said.data.error : text.slice(0, 500)}${why}`,
    );
  }
  // JSON has no other way to say NaN.
  if (hasNull(answer)) {
    throw new Error(
      `a trial run in workerd gave numbers that are none (${text.slice(0, 200)}); the weights are damaged, or overflow`,
    );
  }
}

async function maskToken(folder: string, maskId: number | null): Promise<string | undefined> {
  const { added_tokens: added } = tokenizerJson.parse(
    JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')),
  );
  return added.find(({ id }) => id === maskId)?.content;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function hasNull(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.values(value).some(hasNull);
}
