// A Hub on loopback with one repository: its list of files, and the files themselves, the large ones at a storage of another origin, as the
// Hub has them. It can fail in every way that a network can.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Hub } from '../../../model-assets/hub/hub.ts';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const LARGE = /\.onnx|_data|\.data/;

export interface Seen {
  readonly at: 'hub' | 'storage';
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** `cutAt`: of the bytes of this answer; `drip`: bytes at a time, and the pause between, in milliseconds. */
export type Fault =
  | { readonly cutAt: number }
  | { readonly endAt: number }
  | { readonly drip: readonly [bytes: number, pause: number] }
  | { readonly status: number; readonly headers?: Record<string, string> }
  | undefined;

export class HubServer {
  readonly id: string;
  readonly files: Map<string, Buffer>;
  /** What the storage gives in the place of a file's bytes. */
  readonly stored = new Map<string, Buffer>();
  readonly seen: Seen[] = [];
  fault: (seen: Seen) => Fault = () => undefined;
  /** Whether the list of files says sizes and hashes. */
  isListWhole = true;
  readonly #hub: Server;
  readonly #storage: Server;

  constructor(id: string, files: ReadonlyMap<string, Buffer>) {
    this.id = id;
    this.files = new Map(files);
    this.#hub = createServer((request, response) => this.#answer('hub', request, response));
    this.#storage = createServer((request, response) => this.#answer('storage', request, response));
  }

  async start(): Promise<this> {
    for (const server of [this.#hub, this.#storage]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return this;
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get endpoint(): string {
    return origin(this.#hub);
  }

  get storage(): string {
    return origin(this.#storage);
  }

  /** As the tool sees it, and less patient. */
  hub(changed: Partial<Hub> = {}): Hub {
    return {
      endpoint: this.endpoint,
      token: undefined,
      patience: { attempts: 4, pause: 1, longest: 2000 },
      slowest: { bytes: 1000, milliseconds: 2000 },
      ...changed,
    };
  }

  requests(at: Seen['at'], path: string): Seen[] {
    return this.seen.filter((seen) => seen.at === at && seen.path.includes(path));
  }

  #answer(at: Seen['at'], request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '').replace(/\?.*$/, ''));
    const seen: Seen = { at, path, headers: request.headers };
    this.seen.push(seen);
    const fault = this.fault(seen);
    if (fault && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    if (at === 'hub' && path.startsWith('/api/')) {
      this.#info(path, response);
      return;
    }
    const prefix = at === 'hub' ? `/${this.id}/resolve/${COMMIT}/` : '/storage/';
    const name = path.slice(prefix.length);
    const bytes = this.files.get(name);
    if (!path.startsWith(prefix) || !bytes) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    if (at === 'storage') {
      send(request, response, this.stored.get(name) ?? bytes, fault);
      return;
    }
    const isLarge = LARGE.test(name);
    const common = { 'x-repo-commit': COMMIT, 'accept-ranges': 'bytes' };
    if (!isLarge) {
      send(request, response, bytes, fault, { ...common, etag: `"${gitHash(bytes)}"` });
      return;
    }
    response.writeHead(302, {
      ...common,
      location: `${this.storage}/storage/${encodeURIComponent(name)}`,
      etag: `"${gitHash(bytes)}"`,
      'x-linked-etag': `"${sha256(bytes)}"`,
      'x-linked-size': String(bytes.byteLength),
    });
    response.end();
  }

  #info(path: string, response: ServerResponse): void {
    const [, revision] = new RegExp(`^/api/models/${this.id}/revision/(.+)$`).exec(path) ?? [];
    if (revision === undefined) {
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
      return;
    }
    if (!['main', 'v1', COMMIT].includes(revision)) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      return;
    }
    const siblings = Array.from(this.files, ([rfilename, bytes]) => {
      if (!this.isListWhole) return { rfilename };
      const lfs = LARGE.test(rfilename) && { sha256: sha256(bytes), size: bytes.byteLength, pointerSize: 134 };
      return { rfilename, size: bytes.byteLength, blobId: gitHash(bytes), ...(lfs && { lfs }) };
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: this.id, sha: COMMIT, siblings }));
  }
}

const origin = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Of each file once: what is measured against this server is not its hashing. */
const hashes = new WeakMap<Uint8Array, Map<string, string>>();

function hashOf(algorithm: string, bytes: Uint8Array, prefix: string): string {
  const known = hashes.get(bytes) ?? new Map<string, string>();
  hashes.set(bytes, known);
  const hash = known.get(algorithm) ?? createHash(algorithm).update(prefix).update(bytes).digest('hex');
  known.set(algorithm, hash);
  return hash;
}

export const sha256 = (bytes: Uint8Array) => hashOf('sha256', bytes, '');
const gitHash = (bytes: Uint8Array) => hashOf('sha1', bytes, `blob ${bytes.byteLength}\0`);

/**
 * Until a client in this process has read what was written to it: what waits for it in a stream is lost where the connection breaks. On a
 * busy machine time alone does not tell, for the loop may have stood still; turns of the loop alone do not, for the system may.
 */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setTimeout(1);
}

/** With ranges, as RFC 9110 has them: one that is asked for on a condition that does not hold is no range. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  fault: Exclude<Fault, { status: number }>,
  headers: Record<string, string> = {},
): void {
  const etag = headers.etag ?? `"${sha256(bytes).slice(0, 32)}"`;
  const condition = request.headers['if-range'];
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const start = from !== undefined && (condition === undefined || condition === etag) ? Number(from) : 0;
  if (start >= bytes.byteLength && start > 0) {
    response.writeHead(416).end();
    return;
  }
  const body = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    ...headers,
    etag,
    // An answer that ends early is told from a whole one by its length, where there is one.
    ...(!(fault && 'endAt' in fault) && { 'content-length': String(body.byteLength) }),
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` }),
  });
  if (fault && 'endAt' in fault) {
    response.end(body.subarray(0, fault.endAt));
    return;
  }
  if (fault && 'cutAt' in fault) {
    response.flushHeaders();
    response.write(body.subarray(0, fault.cutAt), async () => {
      await turns();
      request.socket.destroy();
    });
    return;
  }
  if (!fault) {
    response.end(body);
    return;
  }
  const [size, pause] = fault.drip;
  let at = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + size));
    at += size;
    if (at < body.byteLength) return;
    clearInterval(timer);
    response.end();
  }, pause);
  request.socket.on('close', () => clearInterval(timer));
}
