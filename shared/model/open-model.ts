// Opens what a manifest names: the tokenizer and every graph, as one value that is closed as one.

import { ServiceError } from '../errors.ts';
import type { MemoryOptions } from '../runtime/engine/instance.ts';
import type { Session } from '../runtime/session.ts';
import { Decoder } from '../tokenizer/decoder.ts';
import { openTokenizer } from '../tokenizer/open-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type BlobSource, readBlob } from './blobs.ts';
import type { GraphName, Manifest } from './manifest.ts';
import { openSessions } from './open-sessions.ts';

export interface Model {
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  /** `model`, or what an encoder and decoder is made of. */
  readonly sessions: Readonly<Partial<Record<GraphName, Session>>>;
  /** Whether its engine has failed: it is opened anew for the next request. */
  isBroken(): boolean;
}

/**
 * Opens a model, whose files are read side by side. `options`: of the project's own engine. Throws `model_unavailable` with the model's name
 * and the reason, and then leaves nothing open.
 */
export async function openModel(manifest: Manifest, source: BlobSource, options?: MemoryOptions): Promise<Model> {
  const [text, opened] = await Promise.allSettled([
    readBlob(source, manifest.tokenizer).then((blob) => textOf(manifest, blob)),
    openSessions(manifest, source, options),
  ]);
  if (text.status === 'fulfilled' && opened.status === 'fulfilled') return { manifest, ...text.value, ...opened.value };
  if (opened.status === 'fulfilled') await closeModel(opened.value);
  throw unavailable(manifest.name, text.status === 'rejected' ? text.reason : (opened as PromiseRejectedResult).reason);
}

function textOf(manifest: Manifest, blob: Uint8Array): Pick<Model, 'tokenizer' | 'decoder'> {
  const tokenizer = openTokenizer(blob);
  return { tokenizer, decoder: new Decoder(tokenizer, manifest.decoding) };
}

/** Frees the sessions; the tokenizer's memory goes with the last reference to the model. */
export async function closeModel({ sessions }: Pick<Model, 'sessions'>): Promise<void> {
  await Promise.all(Object.values(sessions).map((session) => session.close()));
}

/** The only graph of a model that has one. Throws `invalid_input` for an encoder with a decoder, and for a decoder that is called one. */
export function graphOf({ manifest, sessions }: Model): Session {
  if (sessions.model) return sessions.model;
  const { name, task } = manifest;
  const what = sessions.encoder
    ? 'is an encoder and a decoder, which do not run as one'
    : 'is a decoder, which runs token by token';
  throw new ServiceError('invalid_input', `model ${name} ${what}; ask it with POST /v1/${task}`);
}

/** WASM memory that the model holds, in bytes. */
export function modelBytes({ tokenizer, sessions }: Model): number {
  return Object.values(sessions).reduce((sum, { bytes }) => sum + bytes, tokenizer.bytes);
}

/** An error that names the model, and the reason where that may be told. */
export function unavailable(name: string, cause: unknown): ServiceError {
  // Without memory now, the model may well open later.
  if (cause instanceof ServiceError && cause.code === 'overloaded') return cause;
  const reason = cause instanceof ServiceError ? cause.message : 'the engine cannot open its graph';
  return new ServiceError('model_unavailable', `model ${name} is unavailable: ${reason}`, { cause });
}
