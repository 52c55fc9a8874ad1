// A bucket by the part of S3's interface that R2 has and publishing needs. `Send` decides whose bucket it is: one behind an
// endpoint that wants signatures, or the local one.

import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { BlobRef } from '../../shared/model/manifest.ts';
import { blobKey } from '../../shared/model/manifest.ts';
import type { Content } from '../content.ts';
import { Answer } from '../exchange.ts';
import { reasonOf } from '../reason.ts';
import { PATIENCE, type Patience, persistently, Transient } from '../transient.ts';
import { Ahead } from './ahead.ts';
import { BucketFault } from './bucket-fault.ts';
import { abandonUploads, complete, putParts } from './multipart.ts';
import { parseXml } from './xml.ts';

export interface SendRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Content | undefined;
  /** Of the body, in hexadecimal digits. */
  readonly sha256?: string;
  readonly signal?: AbortSignal | undefined;
  /** Whether the answer is read as it comes, and not held until it is whole. */
  readonly isStream?: boolean;
}

/** Throws `BucketFault` for what no attempt will mend; 404 and 412 are answers. */
export type Send = (request: SendRequest) => Promise<Answer>;

export interface Stored {
  readonly key: string;
  readonly bytes: number;
  readonly uploaded: Date;
}

/** What a write expects to find: nothing, or what was read before; undefined where it does not matter. */
export type Expected = 'nothing' | { readonly etag: string } | undefined;

const listing = z.object({
  ListBucketResult: z.object({
    IsTruncated: z.optional(z.string()),
    NextContinuationToken: z.optional(z.string()),
    Contents: z.optional(z.array(z.object({ Key: z.string(), Size: z.string(), LastModified: z.string() }))),
  }),
});

export class ObjectStore {
  readonly #send: Send;
  readonly #multipartFrom: number;
  readonly #patience: Patience;
  readonly #ahead: Ahead;
  #skew = 0;

  /** `multipartFrom`: bytes from which an object is written in parts. */
  constructor(send: Send, multipartFrom: number, patience: Patience = PATIENCE) {
    this.#patience = patience;
    this.#multipartFrom = multipartFrom;
    this.#send = async (request) => {
      const response = await send(request);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (Number.isFinite(date)) this.#skew = date - Date.now();
      return response;
    };
    this.#ahead = new Ahead(this.#send);
  }

  /** By the bucket's clock, which dates what is in it. */
  now(): number {
    return Date.now() + this.#skew;
  }

  /** A small object, and what to expect when it is written again. */
  async get(key: string): Promise<{ readonly text: string; readonly etag: string } | null> {
    const response = await this.#send({ method: 'GET', key });
    if (response.status === 404) return discard(response);
    return { text: await response.text(), etag: response.headers.get('etag') ?? '' };
  }

  /** What `reader` makes of an object as it comes; null where there is none. Where the connection breaks, it is given the object anew. */
  read<T>(key: string, reader: (chunks: AsyncIterable<Uint8Array>, etag: string) => Promise<T>): Promise<T | null> {
    return persistently(async () => {
      const response = await this.#send({ method: 'GET', key, isStream: true });
      if (response.status === 404) return discard(response);
      return reader(unbroken(response.body, key), response.headers.get('etag') ?? '');
    }, this.#patience);
  }

  /** What is known of an object without reading it; `sha256` is missing where others put it there. */
  async head(key: string): Promise<{ readonly bytes: number; readonly sha256: string | undefined } | null> {
    const response = await this.#send({ method: 'HEAD', key });
    // It has no body, and counts as read when that is known.
    await response.bytes();
    if (response.status === 404) return null;
    return {
      bytes: Number(response.headers.get('content-length')),
      sha256: response.headers.get('x-amz-meta-sha256') ?? undefined,
    };
  }

  /** Whether a blob is there, as it was put: by its length and by what was written beside it. Its bytes are `verify`'s. */
  async has(ref: BlobRef): Promise<boolean> {
    const stored = await this.head(blobKey(ref));
    return stored?.bytes === ref.bytes && stored.sha256 === ref.sha256;
  }

  async *list(prefix: string): AsyncGenerator<Stored> {
    let token: string | undefined;
    do {
      const query = { 'list-type': '2', prefix, ...(token !== undefined && { 'continuation-token': token }) };
      const response = await this.#send({ method: 'GET', key: '', query });
      const { ListBucketResult: page } = listing.parse(parseXml(await response.text()));
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        yield { key: Key, bytes: Number(Size), uploaded: new Date(LastModified) };
      }
      token = page.IsTruncated === 'true' ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** False where something else is there than was expected. */
  async put(key: string, text: string, expected: Expected): Promise<boolean> {
    const bytes = Buffer.from(text);
    const response = await this.#send({
      method: 'PUT',
      key,
      headers: {
        'content-type': 'application/json',
        ...(expected === 'nothing' && { 'if-none-match': '*' }),
        ...(typeof expected === 'object' && { 'if-match': expected.etag }),
      },
      body: { size: bytes.byteLength, source: bytes },
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    await response.bytes();
    // A server says 404 where what should match is gone.
    return response.status !== 412 && response.status !== 404;
  }

  /** Writes a blob, which the bucket refuses where it arrives as another; `report`: of bytes that have arrived. */
  async putBlob(ref: BlobRef, content: Content, report: (bytes: number) => void): Promise<void> {
    const key = blobKey(ref);
    if (content.size !== ref.bytes) throw new Error(`blob ${ref.sha256} has ${content.size} bytes, not ${ref.bytes}`);
    if (content.size >= this.#multipartFrom) return this.#putInParts(ref, content, report);
    const headers = { 'content-type': 'application/octet-stream', 'x-amz-meta-sha256': ref.sha256 };
    const response = await this.#send({ method: 'PUT', key, headers, body: content, sha256: ref.sha256 });
    await response.bytes();
    report(content.size);
  }

  /** Sends a large blob before it is known whether it is wanted: nobody sees it until `putBlob`, which says what went wrong. */
  sendAhead(ref: BlobRef, content: Content): void {
    if (content.size >= this.#multipartFrom) this.#ahead.begin(ref, content, () => this.has(ref));
  }

  /** Takes away what was sent ahead, and not put. */
  withdraw(): Promise<void> {
    return this.#ahead.withdraw();
  }

  async #putInParts(ref: BlobRef, content: Content, report: (bytes: number) => void): Promise<void> {
    const key = blobKey(ref);
    try {
      const sent = await this.#ahead.take(ref);
      if (sent) report(content.size);
      await complete(this.#send, key, ref, sent ?? (await putParts(this.#send, key, ref, content, report)));
    } catch (error) {
      if (!(error instanceof BucketFault) || error.code !== 'NoSuchUpload') throw error;
      // Another who sent the same blob has ended the upload that both went on with.
      await complete(this.#send, key, ref, await putParts(this.#send, key, ref, content, () => undefined));
    }
  }

  async delete(key: string): Promise<void> {
    await discard(await this.#send({ method: 'DELETE', key }));
  }

  /** Ends uploads in parts that were begun before a date, and were never finished. */
  async abandonUploads(before: Date): Promise<number> {
    if (!Number.isFinite(this.#multipartFrom)) return 0;
    return abandonUploads(this.#send, before);
  }
}

async function* unbroken(body: Answer['body'], key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new Transient(`the bucket broke off ${key} (${reasonOf(cause)})`, { cause });
  }
}

async function discard(response: Answer): Promise<null> {
  await response.bytes();
  return null;
}

/** Throws where an answer is none that the caller could make something of. */
export async function checked(answer: Answer, what: string): Promise<Answer> {
  const { status, headers } = answer;
  if (answer.isOk || status === 412) return answer;
  const bytes = await answer.bytes();
  const text = bytes.toString();
  // The object is missing, and not the bucket.
  if (status === 404 && !text.includes('NoSuchBucket')) return new Answer(status, headers, [bytes]);
  throw new BucketFault(status, what, text);
}
