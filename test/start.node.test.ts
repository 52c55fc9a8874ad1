// End to end, as a newcomer does it: npm start, the course's sentences, a second start, a client that leaves; and a dry deploy.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const COURSE = join(ROOT, '..', 'shared', 'course.json');
let server: Server;

interface Server {
  readonly origin: string;
  readonly output: () => string;
  stop(): Promise<void>;
}

interface Entity {
  readonly entity_group: string;
  readonly start: number;
  readonly end: number;
}

interface Filled {
  readonly token_str: string;
  readonly sequence: string;
}

interface Answer {
  readonly answer: string;
  readonly start: number;
  readonly end: number;
}

if (!existsSync(COURSE)) console.warn(`SKIPPED: ${COURSE} is missing, so the course's sentences are not asked`);

/** Runs `npm start` on a free port until it says that it is ready. */
async function start(): Promise<Server> {
  const port = await freePort();
  const child: ChildProcess = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...process.env, PORT: `${port}` },
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const ready = vi.waitFor(() => expect(output).toContain('ready on'), { timeout: 100_000, interval: 100 });
  const gone = exited.then(() => Promise.reject(new Error(`npm start ended: ${output}`)));
  await Promise.race([ready, gone]);
  // It ends once it is told to, which is no failure then.
  gone.catch(() => undefined);
  return {
    origin: `http://127.0.0.1:${port}`,
    output: () => output,
    async stop() {
      // As a supervisor does: npm alone is told, and nothing may stay behind on the port.
      child.kill('SIGTERM');
      await exited;
      const isGone = () => expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
      await vi.waitFor(isGone, { timeout: 10_000, interval: 100 });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function ask<T>(task: string, body: object): Promise<T> {
  const response = await fetch(`${server.origin}/v1/${task}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status, task).toBe(200);
  return (await response.json()) as T;
}

const classify = (inputs: string | string[]) =>
  ask<{ label: string; score: number }[][]>('text-classification', { inputs });

/** What the course asks of a task, and what its own checkpoint answers. */
function courseOf<T>(task: string): { readonly request: { readonly inputs: unknown }; readonly reference: T } {
  const { cases } = JSON.parse(readFileSync(COURSE, 'utf8'));
  return cases.find((each: { task: string }) => each.task === task);
}

describe('npm start', () => {
  beforeAll(async () => {
    server = await start();
  }, 120_000);
  afterAll(() => server.stop());

  test('is ready when it says so, and prints a command that works', async () => {
    expect((await fetch(`${server.origin}/ready`)).status).toBe(200);
    const [, command = ''] = /\n {2}(curl .*)\n/.exec(server.output()) ?? [];
    const [[best]] = JSON.parse(execFileSync('bash', ['-c', `${command} -s`], { encoding: 'utf8' }));
    expect(best.label).toBe('POSITIVE');
    expect(best.score).toBeGreaterThan(0.99);
  });

  describe.skipIf(!existsSync(COURSE))("the course's sentences", () => {
    test('text-classification, each with a score over 0.85', async () => {
      const { request, reference } = courseOf<{ label: string }[]>('text-classification');
      const answers = await ask<{ label: string; score: number }[][]>('text-classification', request);
      expect(answers.map(([best]) => best?.label)).toEqual(reference.map(({ label }) => label));
      for (const [best] of answers) expect(best?.score).toBeGreaterThan(0.85);
    });

    test('token-classification finds the person, the organization and the place', async () => {
      const { request, reference } = courseOf<Entity[]>('token-classification');
      const found = await ask<Entity[]>('token-classification', request);
      const toSpan = ({ entity_group, start, end }: Entity) => [entity_group, start, end];
      expect(found.map(toSpan)).toEqual(reference.map(toSpan));
    });

    test('zero-shot-classification takes a course for education', async () => {
      const { request, reference } = courseOf<{ labels: string[] }>('zero-shot-classification');
      const answers = await ask<{ label: string; score: number }[]>('zero-shot-classification', request);
      expect(answers[0]?.label).toBe(reference.labels[0]);
      expect(answers.map(({ label }) => label).sort()).toEqual([...reference.labels].sort());
    });

    test('fill-mask gives words that can stand there', async () => {
      const { request, reference } = courseOf<Filled[]>('fill-mask');
      const inputs = String(request.inputs).replace('<mask>', '[MASK]');
      const answers = await ask<Filled[]>('fill-mask', { ...request, inputs });
      expect(answers).toHaveLength(reference.length);
      // The first are what its card admits, where the course's model says mathematical.
      const fitting = ['these', 'our', 'the', 'all', 'their', ...reference.map(({ token_str }) => token_str.trim())];
      for (const { token_str, sequence } of answers) {
        expect(fitting).toContain(token_str);
        expect(sequence).toBe(inputs.toLowerCase().replace('[mask]', token_str));
      }
    });

    test('question-answering points at the organization', async () => {
      const { request, reference } = courseOf<Answer>('question-answering');
      const toPlace = ({ answer, start, end }: Answer) => ({ answer, start, end });
      expect(toPlace(await ask<Answer>('question-answering', request))).toEqual(toPlace(reference));
    });

    test('feature-extraction gives 384 numbers of length 1', async () => {
      const vector = await ask<number[]>('feature-extraction', courseOf('feature-extraction').request);
      expect(vector).toHaveLength(384);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    });
  });

  test('every task answers its example, on a model that is there', async () => {
    const tasks = (await (await fetch(`${server.origin}/v1/tasks`)).json()) as {
      task: string;
      default_model: string | null;
    }[];
    const { paths } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: { content: { 'application/json': { example: object } } } } }>;
    };
    for (const { task, default_model } of tasks) {
      const { example } = paths[`/v1/${task}`]?.post.requestBody.content['application/json'] ?? {};
      await ask(task, { model: default_model ?? 'minilm-sst2', ...example });
    }
    expect(tasks.filter(({ default_model }) => default_model !== null)).toHaveLength(9);
  });

  test('an event of a shipped hook is classified, and what became of it can be asked', async () => {
    const hooks = (...args: string[]) => {
      const command = ['run', '--silent', 'hooks', '--', ...args, '--origin', server.origin];
      return execFileSync('npm', command, { cwd: ROOT, encoding: 'utf8' });
    };
    const [, id = ''] =
      /202 \{"status":"accepted","id":"(msg_[0-9a-f]+)"\}/.exec(hooks('send', 'review-sentiment')) ?? [];
    // Nobody need listen: it is classified before it is delivered.
    const classified = () => expect(hooks('show', 'review-sentiment', id)).toContain('"to": "support"');
    await vi.waitFor(classified, { timeout: 60_000, interval: 500 });
    expect(hooks('show', 'review-sentiment', id)).toContain('"label": "NEGATIVE"');
  });

  test('clients that leave half-way, in the body or before the answer, do not disturb the next', async () => {
    const { port } = new URL(server.origin);
    const head =
      'POST /v1/text-classification HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n';
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(`${head}{"inputs": "I`, () => socket.destroy()),
      );
      socket.on('close', () => resolve());
    });
    const controller = new AbortController();
    const long = fetch(`${server.origin}/v1/text-classification`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: Array(100).fill('I love it '.repeat(20)) }),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 100);
    await expect(long).rejects.toThrow('abort');
    expect((await classify('I love it'))[0]?.[0]?.label).toBe('POSITIVE');
  });

  test('a second start publishes nothing', async () => {
    const second = await start();
    await second.stop();
    expect(second.output()).toMatch(/minilm-sst2 [0-9a-f]{16} is live already/);
  });
});

test.each([
  ['', /without onnxruntime-web: all \d+ models run on the project's own engine/, ['engine.wasm', 'tokenizer.wasm']],
  [
    '--with-onnxruntime',
    /with onnxruntime-web: it was asked for/,
    ['engine.wasm', 'ort-wasm-simd-threaded.wasm', 'tokenizer.wasm'],
  ],
])('npm run deploy -- --dry-run %s bundles the Worker with its WebAssembly modules', async (flag, said, modules) => {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  try {
    const command = ['run', 'deploy', '--', '--dry-run', '--outdir', folder, ...(flag ? [flag] : [])];
    const output = execFileSync('npm', command, { cwd: ROOT, encoding: 'utf8' });
    expect(output).toMatch(said);
    expect(output).toContain('env.MODELS (edge-pipelines-models)');
    const files = await readdir(folder);
    const wasm = files.filter((file) => file.endsWith('.wasm')).map((file) => file.replace(/^[0-9a-f]+-/, ''));
    expect(wasm.sort()).toEqual(modules);
    expect(files).toContain('index.js');
  } finally {
    await rm(folder, { recursive: true });
  }
});
