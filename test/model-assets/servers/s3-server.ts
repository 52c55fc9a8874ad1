// A bucket on loopback that speaks S3 as R2 does, as far as publishing goes: signatures, conditions, lists in pages, uploads in parts.

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Account } from '../../../model-assets/bucket/remote.ts';
import { KEY_ID, SECRET, signatureFault } from './sigv4.ts';

const BUCKET = 'edge-pipelines-models';
const MIB = 2 ** 20;
/** Of a page of a list: few, so that there are several. */
const PAGE = 3;

export interface StoredObject {
  bytes: Buffer;
  etag: string;
  meta: string | undefined;
  modified: Date;
}

interface Upload {
  readonly key: string;
  readonly meta: string | undefined;
  readonly since: Date;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

/** What happens instead of an answer, or before it. `lose`: it is done, and the answer is lost; `stallAt`: no more of it comes. */
export type Fault =
  | 'cut'
  | 'lose'
  | { readonly breakAt: number }
  | { readonly stallAt: number }
  | { readonly status: number; readonly headers?: Record<string, string> }
  | undefined;

export interface Seen {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

export class S3Server {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  readonly seen: Seen[] = [];
  /** Asked before each request is answered. */
  fault: (seen: Seen) => Fault | Promise<Fault> = () => undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get account(): Account {
    const { port } = this.#server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, bucket: BUCKET, accessKeyId: KEY_ID, secretAccessKey: SECRET };
  }

  /** The environment in which the tool finds it. */
  get env(): Record<string, string> {
    const { endpoint, accessKeyId, secretAccessKey } = this.account;
    return { R2_ENDPOINT: endpoint, R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey };
  }

  text(key: string): string {
    return this.objects.get(key)?.bytes.toString() ?? '';
  }

  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      // The client has left.
      return;
    }
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://s3.invalid');
    const [, bucket, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    const { method = '', headers } = request;
    const seen: Seen = { method, key, query: url.searchParams, headers, bytes: body.byteLength };
    this.seen.push(seen);
    const fault = await this.fault(seen);
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (typeof fault === 'object' && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    // Bodies in chunks are not taken.
    if (method === 'PUT' && headers['content-length'] === undefined) {
      send(response, 411, errorXml('MissingContentLength'));
      return;
    }
    const refused = signatureFault(request, body) ?? (bucket === BUCKET ? undefined : 'NoSuchBucket');
    if (refused) return send(response, refused === 'NoSuchBucket' ? 404 : 403, errorXml(refused));
    const answer = this.#answer(seen, body);
    if (typeof fault === 'object') {
      const [status, bytes] = answer;
      response.writeHead(status, { 'content-length': String(bytes.length) });
      if ('stallAt' in fault) response.write(bytes.slice(0, fault.stallAt));
      else response.write(bytes.slice(0, fault.breakAt), () => setTimeout(() => request.socket.destroy(), 20));
      return;
    }
    if (fault === 'lose') {
      request.socket.destroy();
      return;
    }
    send(response, ...answer);
  }

  #answer(seen: Seen, body: Buffer): Answer {
    const { method, key, query } = seen;
    if (key === '') return query.has('uploads') ? this.#listUploads(query) : this.#list(query);
    if (method === 'POST') return query.has('uploads') ? this.#begin(seen) : this.#complete(key, query, body);
    if (query.has('uploadId')) return this.#part(seen, body);
    if (method === 'PUT') return this.#put(seen, body);
    if (method === 'DELETE') {
      this.objects.delete(key);
      return [204, ''];
    }
    const object = this.objects.get(key);
    if (!object) return [404, errorXml('NoSuchKey')];
    const headers = { etag: object.etag, ...(object.meta !== undefined && { 'x-amz-meta-sha256': object.meta }) };
    if (method === 'HEAD') return [200, '', { ...headers, 'content-length': String(object.bytes.byteLength) }];
    return [200, object.bytes, headers];
  }

  #put({ key, headers }: Seen, body: Buffer): Answer {
    const present = this.objects.get(key);
    if (headers['if-none-match'] === '*' && present) return [412, errorXml('PreconditionFailed')];
    const wanted = headers['if-match'];
    if (wanted !== undefined && present?.etag !== wanted) {
      return present ? [412, errorXml('PreconditionFailed')] : [404, errorXml('NoSuchKey')];
    }
    return [200, '', { etag: this.#store(key, body, `"${md5(body)}"`, metaOf(headers)) }];
  }

  #store(key: string, bytes: Buffer, etag: string, meta: string | undefined): string {
    this.objects.set(key, { bytes, etag, meta, modified: new Date() });
    return etag;
  }

  #list(query: URLSearchParams): Answer {
    const after = query.get('continuation-token') ?? '';
    const found = this.keys(query.get('prefix') ?? '').filter((key) => key > after);
    const page = found.slice(0, PAGE);
    const contents = page.map((key) => {
      const { bytes, modified } = this.objects.get(key) ?? { bytes: Buffer.of(), modified: new Date() };
      return `<Contents><Key>${key}</Key><Size>${bytes.byteLength}</Size><LastModified>${modified.toISOString()}</LastModified></Contents>`;
    });
    const more = found.length > PAGE;
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return [200, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`];
  }

  #begin({ key, headers }: Seen): Answer {
    const id = randomUUID();
    this.uploads.set(id, { key, meta: metaOf(headers), since: new Date(), parts: new Map() });
    return [200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`];
  }

  #part({ method, query }: Seen, body: Buffer): Answer {
    const id = query.get('uploadId') ?? '';
    const upload = this.uploads.get(id);
    if (!upload) return [404, errorXml('NoSuchUpload')];
    if (method === 'DELETE') {
      this.uploads.delete(id);
      return [204, ''];
    }
    if (method === 'GET') return [200, partsXml(upload)];
    const etag = `"${md5(body)}"`;
    upload.parts.set(Number(query.get('partNumber')), { bytes: body, etag });
    return [200, '', { etag }];
  }

  #complete(key: string, query: URLSearchParams, body: Buffer): Answer {
    const id = query.get('uploadId') ?? '';
    const upload = this.uploads.get(id);
    if (!upload) return [404, errorXml('NoSuchUpload')];
    const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
    const parts = listed.flatMap(([, number, etag]) => {
      const part = upload.parts.get(Number(number));
      return part && part.etag === etag ? [part.bytes] : [];
    });
    const [first] = parts;
    if (!first || parts.length !== listed.length) return [400, errorXml('InvalidPart')];
    // R2 takes parts of one size, the last excepted.
    const before = parts.slice(0, -1);
    if (before.some(({ byteLength }) => byteLength < 5 * MIB)) return [400, errorXml('EntityTooSmall')];
    if (before.some(({ byteLength }) => byteLength !== first.byteLength)) return [400, errorXml('InvalidPart')];
    const digests = Buffer.from(listed.map(([, , etag = '']) => etag.replaceAll('"', '')).join(''), 'hex');
    const etag = this.#store(key, Buffer.concat(parts), `"${md5(digests)}-${parts.length}"`, upload.meta);
    this.uploads.delete(id);
    return [200, `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`];
  }

  #listUploads(query: URLSearchParams): Answer {
    const found = [...this.uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''));
    const entries = found.map(
      ([id, { key, since }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${since.toISOString()}</Initiated></Upload>`,
    );
    return [
      200,
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`,
    ];
  }
}

type Answer = readonly [status: number, body: string | Buffer, headers?: Record<string, string>];

function send(response: ServerResponse, status: number, body: string | Buffer, headers = {}): void {
  response.writeHead(status, headers).end(body);
}

const metaOf = (headers: IncomingMessage['headers']) => {
  const meta = headers['x-amz-meta-sha256'];
  return typeof meta === 'string' ? meta : undefined;
};

const errorXml = (code: string) => `<Error><Code>${code}</Code><Message>by the stand-in</Message></Error>`;

function partsXml({ parts }: Upload): string {
  const entries = [...parts]
    .sort(([a], [b]) => a - b)
    .map(
      ([number, { bytes, etag }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><Size>${bytes.byteLength}</Size></Part>`,
    );
  return `<ListPartsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListPartsResult>`;
}
