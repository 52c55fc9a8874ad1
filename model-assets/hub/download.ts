// Downloads a file of a repository: what has arrived stays beside its place until the rest has, however often the connection breaks or
// the tool is killed, and nothing takes its place before its hash is the one that the Hub states.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Answer } from '../exchange.ts';
import { dropLeft, type Part, partOf, sizeOf } from '../part.ts';
import { reasonOf } from '../reason.ts';
import { persistently, Transient } from '../transient.ts';
import { Watch } from '../watch.ts';
import { ask, type Hub } from './hub.ts';
import { type FileHash, type HubFile, hashOf, type Repository } from './repository.ts';

/** Attempts that bring at least so many bytes are no failures: the next begins where they ended. */
const PROGRESS = 2 ** 16;
/** Bytes that are written at once. */
const BLOCK = 2 ** 18;

/**
 * Puts a file at `target`, unless it is there already. `onBytes`: told of those that have arrived, and of fewer where they turn out to be
 * worth nothing. Throws where the Hub does not give it, or gives another than it states.
 */
export async function download(
  hub: Hub,
  repository: Repository,
  file: HubFile,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  if (await isThere(file, target)) {
    await dropLeft(target);
    return onBytes(file.size ?? 0);
  }
  await mkdir(dirname(target), { recursive: true });
  const transfer = new Transfer(hub, repository, file, target, await partOf(target), onBytes);
  await persistently(
    () => transfer.attempt(),
    hub.patience,
    () => transfer.hasProgressed(),
  );
}

async function isThere({ hash, size }: HubFile, path: string): Promise<boolean> {
  const found = await sizeOf(path);
  if (!hash || found === undefined || (size !== undefined && found !== size)) return false;
  const own = hasher(hash, found);
  for await (const chunk of createReadStream(path)) own.update(chunk);
  return own.digest('hex') === hash.hex;
}

/** Git names a blob by the hash of its length and its bytes. */
function hasher({ algorithm }: FileHash, size: number): Hash {
  return algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

class Transfer {
  readonly #hub: Hub;
  readonly #repository: Repository;
  readonly #file: HubFile;
  readonly #target: string;
  readonly #part: Part;
  readonly #onBytes: (bytes: number) => void;
  #reported = 0;
  #mark = 0;
  #isWrongBefore = false;
  /** Why the last answer ended, if it did before its end. */
  #broken: Transient | undefined;

  constructor(
    hub: Hub,
    repository: Repository,
    file: HubFile,
    target: string,
    part: Part,
    onBytes: (bytes: number) => void,
  ) {
    this.#hub = hub;
    this.#repository = repository;
    this.#file = file;
    this.#target = target;
    this.#part = part;
    this.#onBytes = onBytes;
  }

  /** Since it was last asked. */
  hasProgressed(): boolean {
    const hasProgressed = this.#reported - this.#mark >= PROGRESS;
    this.#mark = this.#reported;
    return hasProgressed;
  }

  /** Throws `Transient` where the next attempt can go on. */
  async attempt(): Promise<void> {
    const have = (await sizeOf(this.#part.path)) ?? 0;
    const tag = have > 0 ? await readFile(this.#part.tag, 'utf8').catch(() => undefined) : undefined;
    const from = tag === undefined ? 0 : have;
    const watch = new Watch(this.#hub.slowest);
    try {
      const { path } = this.#file;
      const where = `/${this.#repository.id}/resolve/${this.#repository.commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
      const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-`, 'if-range': tag ?? '' } : {};
      const { response, headers } = await ask(this.#hub, where, this.#name, { headers: range, signal: watch.signal });
      const hash = this.#statedHash(headers);
      if (response.status === 416) await this.#startAnew(response, 'it has fewer bytes than have arrived');
      const start = response.status === 206 ? await this.#startOf(response, from) : 0;
      const size = sizeFrom(response, headers, start) ?? this.#file.size;
      await this.#remember(response, start);
      await this.#receive(response, start, size, hash, watch);
    } catch (error) {
      throw watch.isSlow ? new Transient(`${this.#name}: ${watch.reason}`, { cause: error }) : error;
    } finally {
      watch.end();
    }
  }

  get #name(): string {
    return `${this.#repository.id}/${this.#file.path}`;
  }

  /** Throws where the Hub states none, or another than its list of files. */
  #statedHash(headers: readonly Headers[]): FileHash {
    const [first] = headers;
    const stated = hashOf(first?.get('x-linked-etag') ?? undefined) ?? hashOf(first?.get('etag') ?? undefined);
    const listed = this.#file.hash;
    const hash = listed ?? stated;
    if (!hash) throw new Error(`${this.#name}: the Hub states no hash of it, so that it cannot be checked`);
    if (listed && stated && listed.algorithm === stated.algorithm && listed.hex !== stated.hex) {
      throw new Error(
        `${this.#name}: the Hub states the hash ${listed.hex} in its list and ${stated.hex} with the file`,
      );
    }
    return hash;
  }

  /** Where the bytes that come belong. */
  async #startOf(response: Answer, from: number): Promise<number> {
    const start = Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
    if (start !== from) await this.#startAnew(response, `it was asked for from byte ${from}, and came from ${start}`);
    return from;
  }

  async #startAnew(response: Answer, reason: string): Promise<never> {
    await response.abandon().catch(() => undefined);
    await this.#drop();
    throw new Transient(`${this.#name}: ${reason}`);
  }

  async #drop(): Promise<void> {
    await rm(this.#part.path, { force: true });
    await rm(this.#part.tag, { force: true });
    this.#report(0);
  }

  /** Only what has a strong tag can be gone on with. */
  async #remember(response: Answer, start: number): Promise<void> {
    const tag = response.headers.get('etag');
    if (start > 0) return;
    if (tag && !tag.startsWith('W/')) await writeFile(this.#part.tag, tag);
    else await rm(this.#part.tag, { force: true });
  }

  async #receive(
    response: Answer,
    start: number,
    size: number | undefined,
    hash: FileHash,
    watch: Watch,
  ): Promise<void> {
    if (size === undefined && hash.algorithm === 'git') throw new Error(`${this.#name}: the Hub does not say its size`);
    const own = hasher(hash, size ?? 0);
    if (start > 0) for await (const chunk of createReadStream(this.#part.path)) own.update(chunk);
    this.#report(start);
    let have = start;
    const file = await open(this.#part.path, start > 0 ? 'a' : 'w');
    // One block is written while the next comes.
    let writing: Promise<unknown> = Promise.resolve();
    try {
      for await (const block of this.#blocksOf(response, watch)) {
        own.update(block);
        await writing;
        writing = file.appendFile(block);
        // Whoever waits for it is told, soon enough.
        writing.catch(() => undefined);
        have += block.byteLength;
        this.#report(have);
      }
      await writing;
      if (this.#broken) throw this.#broken;
    } finally {
      await file.close();
    }
    if (size !== undefined && have < size)
      throw new Transient(`${this.#name}: it broke off at byte ${have} of ${size}`);
    const found = own.digest('hex');
    if (found !== hash.hex) return this.#refuse(found, hash);
    await rename(this.#part.path, this.#target);
    await rm(this.#part.tag, { force: true });
    await dropLeft(this.#target);
  }

  /** What comes, put together to what is worth writing; where the connection breaks, what had come by then. Each is whole until the next but one. */
  async *#blocksOf(response: Answer, watch: Watch): AsyncGenerator<Uint8Array> {
    this.#broken = undefined;
    let [block, other] = [new Uint8Array(BLOCK), new Uint8Array(BLOCK)];
    let length = 0;
    try {
      for await (const chunk of response.body) {
        watch.see(chunk.byteLength);
        for (let at = 0; at < chunk.byteLength; ) {
          const part = chunk.subarray(at, at + BLOCK - length);
          block.set(part, length);
          length += part.byteLength;
          at += part.byteLength;
          if (length < BLOCK) continue;
          yield block;
          [block, other] = [other, block];
          length = 0;
        }
      }
    } catch (cause) {
      this.#broken = new Transient(`${this.#name}: the connection broke (${reasonOf(cause)})`, { cause });
    }
    if (length > 0) yield block.subarray(0, length);
  }

  /** Once it may have been put together of parts of two files; twice it is what the server has. */
  async #refuse(found: string, hash: FileHash): Promise<never> {
    await this.#drop();
    const message = `${this.#name}: its ${hash.algorithm === 'git' ? 'git hash' : hash.algorithm} is ${found} where the Hub states ${hash.hex}; nothing of it is kept`;
    if (this.#isWrongBefore) throw new Error(message);
    this.#isWrongBefore = true;
    throw new Transient(message);
  }

  #report(have: number): void {
    this.#onBytes(have - this.#reported);
    this.#reported = have;
    this.#mark = Math.min(this.#mark, have);
  }
}

/** Of the whole file: what the storage says, else what the Hub says of what it sends on to. */
function sizeFrom(response: Answer, headers: readonly Headers[], start: number): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const linked = headers[0]?.get('x-linked-size');
  const length = response.headers.get('content-length');
  if (linked) return Number(linked);
  if (total) return Number(total);
  return length ? start + Number(length) : undefined;
}
