// Large objects in parts: several at once, and after an interruption only those that have not arrived.
// Source: S3's CreateMultipartUpload, UploadPart, ListParts, ListMultipartUploads, CompleteMultipartUpload, as R2 has them: all parts
// but the last have one size.

import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import * as z from 'zod/mini';
import type { BlobRef } from '../../shared/model/manifest.ts';
import { type Content, inMemory, readInto } from '../content.ts';
import { BucketFault } from './bucket-fault.ts';
import type { Send } from './object-store.ts';
import { parseXml } from './xml.ts';

/** The least that S3 allows. */
export const PART = 5 * 2 ** 20;
/** Parts in flight, of all objects: each is in memory, and again in the request. */
const inFlight = pLimit(2);
/** Memory of parts that are done, for the next: garbage of this size is collected late. */
const spare: Uint8Array[] = [];

const created = z.object({ InitiateMultipartUploadResult: z.object({ UploadId: z.string() }) });
const begun = z.object({
  ListMultipartUploadsResult: z.object({
    IsTruncated: z.optional(z.string()),
    NextKeyMarker: z.optional(z.string()),
    NextUploadIdMarker: z.optional(z.string()),
    Upload: z.optional(z.array(z.object({ Key: z.string(), UploadId: z.string(), Initiated: z.string() }))),
  }),
});
const parts = z.object({
  ListPartsResult: z.object({
    IsTruncated: z.optional(z.string()),
    NextPartNumberMarker: z.optional(z.string()),
    Part: z.optional(z.array(z.object({ PartNumber: z.string(), ETag: z.string(), Size: z.string() }))),
  }),
});

/** Its content is not what its hash says. */
class Altered extends Error {}

/** An upload of which all parts have arrived. Nobody sees them until it is completed. */
export interface Upload {
  readonly id: string;
  readonly etags: readonly string[];
}

/**
 * `report`: of bytes that have arrived, those of earlier runs among them. `signal` ends it, and takes the parts away again. Throws where the
 * content is another than was hashed, which the bucket cannot tell: it sees parts.
 */
export async function putParts(
  send: Send,
  key: string,
  ref: BlobRef,
  content: Content,
  report: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Upload> {
  const [earlier] = await uploadsOf(send, key);
  const upload = earlier?.id ?? (await begin(send, key, ref));
  try {
    const arrived = earlier ? await partsOf(send, key, upload) : new Map<number, string>();
    const { etags, sha256 } = await putEach(send, key, upload, arrived, content, report, signal);
    if (sha256 === ref.sha256) return { id: upload, etags };
    throw new Altered(`blob ${ref.sha256} changed after it was hashed: its sha256 is ${sha256}; run the command again`);
  } catch (error) {
    if (signal?.aborted || error instanceof Altered) await abandon(send, key, upload);
    throw error;
  }
}

/** ETags in the order of parts, and the hash of what they were made of. `arrived`: of those that have, by number. */
async function putEach(
  send: Send,
  key: string,
  upload: string,
  arrived: ReadonlyMap<number, string>,
  content: Content,
  report: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ readonly etags: string[]; readonly sha256: string }> {
  const numbers = Array.from({ length: Math.ceil(content.size / PART) }, (_, i) => i + 1);
  const hash = createHash('sha256');
  let hashed: Promise<unknown> = Promise.resolve();
  const hashInTurn = async (before: Promise<unknown>, reading: Promise<Uint8Array>) => {
    const bytes = await reading;
    await before;
    hash.update(bytes);
    return bytes;
  };
  let hasFailed = false;
  const put = async (number: number): Promise<string> => {
    if (hasFailed || signal?.aborted) throw new Error(`${key} was given up`);
    const buffer = spare.pop() ?? new Uint8Array(PART);
    try {
      // Parts are begun in their order, and may be read in another.
      const reading = hashInTurn(hashed, readInto(buffer, content, (number - 1) * PART));
      hashed = reading;
      const bytes = await reading;
      const known = arrived.get(number);
      // Where a bucket calls parts by other than their hash, they are sent again.
      const isThere = known?.includes(createHash('md5').update(bytes).digest('hex')) === true;
      const etag = known && isThere ? known : await putPart(send, key, upload, number, bytes, signal);
      report(bytes.byteLength);
      return etag;
    } finally {
      spare.push(buffer);
    }
  };
  const parts = numbers.map((number) => inFlight(() => put(number)));
  try {
    return { etags: await Promise.all(parts), sha256: hash.digest('hex') };
  } catch (error) {
    hasFailed = true;
    // None is still on its way when the upload is ended.
    await Promise.allSettled(parts);
    throw error;
  }
}

async function begin(send: Send, key: string, ref: BlobRef): Promise<string> {
  const headers = { 'content-type': 'application/octet-stream', 'x-amz-meta-sha256': ref.sha256 };
  const response = await send({ method: 'POST', key, query: { uploads: '' }, headers });
  return created.parse(parseXml(await response.text())).InitiateMultipartUploadResult.UploadId;
}

/** The name that the bucket gives the part. */
async function putPart(
  send: Send,
  key: string,
  upload: string,
  number: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  // In another thread than this one, which has more to do.
  const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const query = { partNumber: String(number), uploadId: upload };
  const response = await send({ method: 'PUT', key, query, body: inMemory(bytes), sha256, signal });
  const text = await response.text();
  const etag = response.headers.get('etag');
  if (response.status === 404 || !etag) throw new BucketFault(response.status, `part ${number} of ${key}`, text);
  return etag;
}

/** Makes an object of the parts. Throws `BucketFault` with NoSuchUpload where another has ended the upload. */
export async function complete(send: Send, key: string, ref: BlobRef, { id: upload, etags }: Upload): Promise<void> {
  const list = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const text = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const response = await send({ method: 'POST', key, query: { uploadId: upload }, body: inMemory(text), sha256 });
  const answer = await response.text();
  // Where the answer to an earlier attempt was lost, the upload is gone and the object is there.
  if (response.status === 404 && (await isWhole(send, key, ref))) return;
  // It may begin with 200 and end with an error.
  if (response.status === 404 || answer.includes('<Error>'))
    throw new BucketFault(response.status, `${key} in parts`, answer);
}

async function isWhole(send: Send, key: string, { sha256, bytes }: BlobRef): Promise<boolean> {
  const { status, headers } = await send({ method: 'HEAD', key });
  const isSame = headers.get('x-amz-meta-sha256') === sha256 && Number(headers.get('content-length')) === bytes;
  return status === 200 && isSame;
}

/** Uploads that were begun and not ended, the newest first. */
async function uploadsOf(send: Send, prefix: string) {
  const found: { readonly key: string; readonly id: string; readonly since: Date }[] = [];
  let markers: Record<string, string> | undefined = {};
  while (markers) {
    const query = { uploads: '', prefix, ...markers };
    const response = await send({ method: 'GET', key: '', query });
    const page = begun.parse(parseXml(await response.text())).ListMultipartUploadsResult;
    for (const { Key, UploadId, Initiated } of page.Upload ?? []) {
      found.push({ key: Key, id: UploadId, since: new Date(Initiated) });
    }
    const { NextKeyMarker: key = '', NextUploadIdMarker: id = '' } = page;
    markers = page.IsTruncated === 'true' ? { 'key-marker': key, 'upload-id-marker': id } : undefined;
  }
  return found.sort((a, b) => b.since.getTime() - a.since.getTime());
}

/** ETag by number, of the parts that have arrived whole. */
async function partsOf(send: Send, key: string, upload: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  let marker: string | undefined = '0';
  while (marker !== undefined) {
    const query = { uploadId: upload, 'part-number-marker': marker };
    const response = await send({ method: 'GET', key, query });
    if (response.status === 404) return found;
    const page = parts.parse(parseXml(await response.text())).ListPartsResult;
    for (const { PartNumber, ETag } of page.Part ?? []) found.set(Number(PartNumber), ETag);
    marker = page.IsTruncated === 'true' ? page.NextPartNumberMarker : undefined;
  }
  return found;
}

/** Ends those that were begun before a date. How many there were. */
export async function abandonUploads(send: Send, before: Date): Promise<number> {
  const old = (await uploadsOf(send, 'blobs/')).filter(({ since }) => since < before);
  for (const { key, id } of old) await abandon(send, key, id);
  return old.length;
}

/** Ends an upload; its parts go with it. */
export async function abandon(send: Send, key: string, upload: string): Promise<void> {
  await (await send({ method: 'DELETE', key, query: { uploadId: upload } })).bytes();
}
