// npm run models at its two heaviest: adding a model of DistilBERT's size from a Hub on loopback to a bucket on loopback, beside copying and
// hashing the same bytes; and verify, beside reading and hashing them, and beside the hash alone. What it is measured against is
// copy-and-hash.ts, which speaks HTTP as the tool does.

import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocal } from '../../../model-assets/bucket/local.ts';
import { publish } from '../../../model-assets/bucket/publish.ts';
import { verify } from '../../../model-assets/bucket/verify.ts';
import { type Checkpoint, readCheckpoint } from '../../../model-assets/checkpoint.ts';
import { bytesOf } from '../../../model-assets/content.ts';
import { exchange } from '../../../model-assets/exchange.ts';
import { Host } from '../../../model-assets/host/start-host.ts';
import type { Subject } from '../bench.ts';
import { benchModels } from '../engine-models.ts';
import { median } from '../measure.ts';
import { type Measured, measured } from '../measured.ts';
import { ID, type Served } from '../serve-models.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BENCH = join(import.meta.dirname, '..');
const TOOL = ['--max-semi-space-size=8', '--import', './model-assets/strip-once.mjs', 'model-assets/models.ts'];
const ROUNDS = 3;
/** What the tool does, and the words with which it has done it. */
const PHASES = [
  ['start, download and hash', 'hashes as the Hub states them'],
  ['compile and check', '\nmemory: '],
  ['the trial run in workerd', 'a trial request was answered'],
  ['write to the bucket', ' published, '],
] as const;
/** What the tool may hold, in MB. */
const MOST_MB = 200;

export default {
  name: 'models',
  summary:
    'models -- add, 67 MB from loopback, against copying and hashing the same bytes; verify against the hash (BENCH_MODELS)',
  async run(report) {
    const models = benchModels();
    if (models === null) return;
    const folder = await mkdtemp(join(tmpdir(), 'bench-models-'));
    await mkdir(join(folder, 'copy'));
    const checkpoint = await readCheckpoint(join(models, 'bench-distilbert'), ID);
    await writeFile(join(folder, 'program'), await programOf(checkpoint));
    const servers = fork(join(BENCH, 'serve-models.ts'), [join(models, 'bench-distilbert')]);
    try {
      const [served]: Served[] = await once(servers, 'message');
      if (!served) throw new Error('the stand-ins do not say where they listen');
      const bench = new Bench(served, servers, checkpoint, folder);
      const samples: Sample[] = [];
      for (let round = 0; round < ROUNDS; round++) samples.push(await bench.sample());
      const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
      const line = (name: string, unit: string, ours: number, peer: number | null, ratio: number | null) =>
        report({ case: name, unit, ours, peer, ratio });

      const [add, copy] = [of((each) => each.add.milliseconds), of((each) => each.copy.milliseconds)];
      line(
        'add; copying and hashing the same bytes',
        'ms',
        add,
        copy,
        of(({ add, copy }) => copy.milliseconds / add.milliseconds),
      );
      const [work, copying] = [of(workOf), of((each) => Number(each.copy.output))];
      line(
        '  neither with its start',
        'ms',
        work,
        copying,
        of((each) => Number(each.copy.output) / workOf(each)),
      );
      line(
        "  the start: Node, and the tool's code",
        'ms',
        of((each) => each.start.milliseconds),
        copy - copying,
        null,
      );
      for (const [i, [name]] of PHASES.entries())
        line(
          `  of which ${name}`,
          'ms',
          of(({ add }) => phasesOf(add)[i] ?? 0),
          null,
          null,
        );

      const rate = of((each) => each.verify);
      const read = of((each) => each.read);
      const hash = of((each) => each.hash);
      line(
        'verify; reading and hashing the same bytes',
        'MB/s',
        rate,
        read,
        of((each) => each.verify / each.read),
      );
      line(
        '  ; the hash alone',
        'MB/s',
        rate,
        hash,
        of((each) => each.verify / each.hash),
      );

      const watched = await bench.add(true);
      const tool = (watched.peak?.own ?? 0) / 1e6;
      line(`memory of add, at most ${MOST_MB}`, 'MB', tool, MOST_MB, MOST_MB / tool);
      line('  of its trial run: workerd and what starts it', 'MB', (watched.peak?.others ?? 0) / 1e6, null, null);
      line('memory of verify', 'MB', ((await bench.verify(true)).peak?.own ?? 0) / 1e6, null, null);

      const local = await localRates(checkpoint, join(folder, 'local'));
      line('verify of the local bucket; reading, hashing', 'MB/s', local.verify, local.read, local.verify / local.read);
    } finally {
      servers.disconnect();
      await rm(folder, { recursive: true });
    }
  },
} satisfies Subject;

interface Sample {
  readonly start: Measured;
  readonly copy: Measured;
  readonly add: Measured;
  /** In MB/s. */
  readonly verify: number;
  readonly read: number;
  readonly hash: number;
}

const workOf = ({ add, start }: Sample) => add.milliseconds - start.milliseconds;

class Bench {
  readonly #served: Served;
  readonly #servers: ChildProcess;
  readonly #folder: string;
  readonly #blobs: readonly { readonly sha256: string; readonly bytes: number }[];
  readonly #hashed: Uint8Array;

  constructor(served: Served, servers: ChildProcess, { blobs }: Checkpoint, folder: string) {
    this.#served = served;
    this.#servers = servers;
    this.#folder = folder;
    this.#blobs = Array.from(blobs, ([sha256, { size }]) => ({ sha256, bytes: size }));
    // Untouched pages are all one page of zeros.
    this.#hashed = new Uint8Array(this.#total).fill(1);
  }

  /** All kinds one after the other: what disturbs the machine disturbs all of them. */
  async sample(): Promise<Sample> {
    await this.#empty();
    const copy = await this.#peer('copy', this.#served.files);
    await this.#empty();
    const start = await measured([...TOOL, 'add', '--help'], { cwd: ROOT });
    const add = await this.add();
    const verified = await this.verify();
    const { endpoint, bucket } = this.#served.account;
    const urls = this.#blobs.map(({ sha256 }) => `${endpoint}/${bucket}/blobs/${sha256}`);
    const read = await this.#peer('read', urls);
    const before = performance.now();
    createHash('sha256').update(this.#hashed).digest();
    const hash = performance.now() - before;
    const rate = (milliseconds: number) => this.#total / milliseconds / 1000;
    return {
      start,
      copy,
      add,
      verify: Number(/\(([\d.]+) MB\/s\)/.exec(verified.output)?.[1]),
      read: rate(Number(read.output)),
      hash: rate(hash),
    };
  }

  async add(isWatched = false): Promise<Measured> {
    const cache = join(this.#folder, 'cache');
    await rm(cache, { recursive: true, force: true });
    await this.#empty();
    const env = { ...this.#served.env, EDGE_PIPELINES_CACHE: cache };
    return measured([...TOOL, 'add', ID, '--remote'], { env, cwd: ROOT, isWatched });
  }

  verify(isWatched = false): Promise<Measured> {
    return measured([...TOOL, 'verify', '--remote'], { env: this.#served.env, cwd: ROOT, isWatched });
  }

  get #total(): number {
    return this.#blobs.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #peer(kind: string, urls: readonly string[]): Promise<Measured> {
    const { account } = this.#served;
    const job = { kind, account, urls, folder: join(this.#folder, 'copy'), program: join(this.#folder, 'program') };
    return measured([join(BENCH, 'copy-and-hash.ts'), JSON.stringify(job)], { cwd: ROOT });
  }

  async #empty(): Promise<void> {
    const emptied = once(this.#servers, 'message');
    this.#servers.send('empty');
    await emptied;
  }
}

/** When each phase ended, less when the one before did, in milliseconds. */
function phasesOf({ said }: Measured): number[] {
  const ends = PHASES.map(([, words]) => said.find(({ output }) => output.includes(words))?.at ?? 0);
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

/** The engine's program, which is published beside what it is made of. */
async function programOf({ manifest, blobs }: Checkpoint): Promise<Uint8Array> {
  const content = manifest.engine.name === 'edge' ? blobs.get(manifest.engine.program.sha256) : undefined;
  if (!content) throw new Error('the model has no program');
  return bytesOf(content);
}

/** The local bucket, R2 as wrangler has it: what verify makes of it, and who only reads and hashes. In MB/s. */
async function localRates(checkpoint: Checkpoint, state: string): Promise<{ verify: number; read: number }> {
  const host = new Host();
  try {
    const { origin } = await host.ask({ kind: 'bucket', state, bucket: 'bench' });
    const store = openLocal(new URL(origin));
    await publish(store, checkpoint);
    const rates = { verify: [] as number[], read: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      const { bytes } = await verify(
        store,
        () => undefined,
        () => undefined,
      );
      const between = performance.now();
      for (const sha256 of checkpoint.blobs.keys()) {
        const hash = createHash('sha256');
        const { body } = await exchange(new URL(`blobs/${sha256}`, origin), { method: 'GET', headers: {} });
        for await (const chunk of body) hash.update(chunk);
        if (hash.digest('hex') !== sha256) throw new Error(`blob ${sha256} is another`);
      }
      const end = performance.now();
      rates.verify.push(bytes / (between - start) / 1000);
      rates.read.push(bytes / (end - between) / 1000);
    }
    return { verify: median(rates.verify), read: median(rates.read) };
  } finally {
    await host.close();
  }
}
