// Adding a model of DistilBERT's size from a Hub on loopback to a bucket on loopback, beside copying and hashing the same bytes; and verify
// beside the hash alone. The tool, and what it is measured against, are processes of their own.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint } from '../../../model-assets/checkpoint.ts';
import { bytesOf } from '../../../model-assets/content.ts';
import { HubServer } from '../../model-assets/servers/hub-server.ts';
import { S3Server } from '../../model-assets/servers/s3-server.ts';
import type { Subject } from '../bench.ts';
import { benchModels } from '../engine-models.ts';
import { median } from '../measure.ts';
import { type Peak, watchMemory } from '../process-memory.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
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
  name: 'add',
  summary:
    'models -- add, 67 MB from loopback, against copying and hashing the same bytes; verify against the hash (BENCH_MODELS)',
  async run(report) {
    const models = benchModels();
    if (models === null) return;
    const hub = await new HubServer('bench/distilbert', await filesIn(join(models, 'bench-distilbert'))).start();
    const bucket = await new S3Server().start();
    const folder = await mkdtemp(join(tmpdir(), 'bench-add-'));
    try {
      const program = await writeProgram(join(models, 'bench-distilbert'), folder);
      const env = { ...bucket.env, HF_ENDPOINT: hub.endpoint, EDGE_PIPELINES_CACHE: join(folder, 'cache') };
      const samples: Sample[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const copy = await copyAndHash(hub, bucket, folder, program);
        for (const key of bucket.keys()) bucket.objects.delete(key);
        await rm(join(folder, 'cache'), { recursive: true, force: true });
        const added = await measured(['model-assets/models.ts', 'add', 'bench/distilbert', '--remote'], env);
        const verified = await measured(['model-assets/models.ts', 'verify', '--remote'], env);
        const bytes = Buffer.concat(bucket.keys('blobs/').map((key) => bucket.objects.get(key)?.bytes ?? Buffer.of()));
        const before = performance.now();
        createHash('sha256').update(bytes).digest();
        const hash = performance.now() - before;
        const rate = Number(/\(([\d.]+) MB\/s\)/.exec(verified.output)?.[1]);
        samples.push({
          own: added.milliseconds,
          phases: phasesOf(added),
          copy,
          verify: rate,
          hash: bytes.byteLength / hash / 1000,
          peak: added.peak,
          verifyPeak: verified.peak,
        });
      }
      const middle = (of: (sample: Sample) => number) => median(samples.map(of));
      const [own, copy] = [middle((each) => each.own), middle((each) => each.copy)];
      report({ case: 'add, from the Hub to a bucket', unit: 'ms', ours: own, peer: copy, ratio: copy / own });
      for (const [i, [name]] of PHASES.entries()) {
        const part = middle(({ phases }) => phases[i] ?? 0);
        report({ case: `  of which ${name}`, unit: 'ms', ours: part, peer: null, ratio: null });
      }
      const tool = middle(({ peak }) => peak.own / 1e6);
      report({
        case: `memory of the tool, at most ${MOST_MB}`,
        unit: 'MB',
        ours: tool,
        peer: MOST_MB,
        ratio: MOST_MB / tool,
      });
      const others = middle(({ peak }) => peak.others / 1e6);
      report({
        case: 'memory of the trial run: workerd and what starts it',
        unit: 'MB',
        ours: others,
        peer: null,
        ratio: null,
      });
      const [verify, hash] = [middle((each) => each.verify), middle((each) => each.hash)];
      report({ case: 'verify; the hash alone', unit: 'MB/s', ours: verify, peer: hash, ratio: verify / hash });
      const memory = middle(({ verifyPeak }) => verifyPeak.own / 1e6);
      report({ case: 'memory of verify', unit: 'MB', ours: memory, peer: null, ratio: null });
    } finally {
      await hub.close();
      await bucket.close();
      await rm(folder, { recursive: true });
    }
  },
} satisfies Subject;

interface Sample {
  readonly own: number;
  readonly phases: readonly number[];
  readonly copy: number;
  readonly verify: number;
  readonly hash: number;
  readonly peak: Peak;
  readonly verifyPeak: Peak;
}

/** How long each took, in milliseconds. */
function phasesOf({ said }: Measured): number[] {
  const ends = PHASES.map(([, words]) => said.find(({ output }) => output.includes(words))?.at ?? 0);
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = await readdir(folder);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

/** The engine's program, which is published beside what it is made of. */
async function writeProgram(checkpoint: string, folder: string): Promise<string> {
  const { manifest, blobs } = await readCheckpoint(checkpoint, 'bench');
  const content = manifest.engine.name === 'edge' ? blobs.get(manifest.engine.program.sha256) : undefined;
  if (!content) throw new Error('the model has no program');
  const path = join(folder, 'program');
  await writeFile(path, await bytesOf(content));
  return path;
}

async function copyAndHash(hub: HubServer, bucket: S3Server, folder: string, program: string): Promise<number> {
  const { endpoint, bucket: name, accessKeyId, secretAccessKey } = bucket.account;
  const source = `${hub.storage}/storage`;
  const script = join(import.meta.dirname, '..', 'copy-and-hash.ts');
  const args = [
    script,
    source,
    `${endpoint}/${name}`,
    accessKeyId,
    secretAccessKey,
    folder,
    ...hub.files.keys(),
    program,
  ];
  return (await measured(args, {})).milliseconds;
}

interface Measured {
  readonly milliseconds: number;
  readonly output: string;
  /** All that was said by a time. */
  readonly said: readonly { readonly at: number; readonly output: string }[];
  readonly peak: Peak;
}

async function measured(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Measured> {
  const start = performance.now();
  const child = spawn(process.execPath, [...args], { env: { ...process.env, ...env }, cwd: ROOT });
  const watch = watchMemory(child.pid ?? 0);
  let output = '';
  const said: { at: number; output: string }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      said.push({ at: performance.now() - start, output });
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  watch.stop();
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`);
  return { milliseconds: performance.now() - start, output, said, peak: watch.peak };
}
