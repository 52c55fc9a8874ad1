// npm run models -- add, from the Hub to a bucket: layouts, what is refused before what is downloaded, and a tool that is killed.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { verify } from '../../model-assets/bucket/verify.ts';
import { COMMIT, type Fault, HubServer, type Seen } from './servers/hub-server.ts';
import { S3Server } from './servers/s3-server.ts';
import { filesOf, processesWith, run, start } from './servers/tool.ts';

const ID = 'owner/name';
const CLASSIFIER = 'model-assets/seeded/seeded-bert-text-classification';
/** As Xenova/* has them: every graph in every type of weights. */
const inEveryType = (name: string) =>
  name.endsWith('.onnx')
    ? ['', '_quantized', '_uint8'].map((suffix) => `onnx/${name.replace('.onnx', `${suffix}.onnx`)}`)
    : [name];

let bucket: S3Server;
let hub: HubServer;
let cache = '';

beforeEach(async () => {
  bucket = await new S3Server().start();
  cache = await mkdtemp(join(tmpdir(), 'models-'));
});
afterEach(async () => {
  await bucket.close();
  await hub.close();
  await rm(cache, { recursive: true });
});

const openHub = async (files: ReadonlyMap<string, Buffer>) => {
  hub = await new HubServer(ID, files).start();
};
const env = () => ({ ...bucket.env, HF_ENDPOINT: hub.endpoint, EDGE_PIPELINES_CACHE: cache });
const add = (...args: string[]) => run(['add', ID, '--remote', ...args], env());
const manifest = (name = ID) => JSON.parse(bucket.text(`manifests/${name}.json`));
const graphsAsked = () =>
  [...new Set(hub.requests('storage', '').map(({ path }) => path.replace('/storage/', '')))].sort();
const ignore = () => undefined;

describe('layouts', () => {
  test('as of Xenova/*: one type of weights is taken, pinned to its commit, tried, and pulled again', async () => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    const { code, output, errors } = await add();
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/memory: .* weights .* tokenizer = 0\.2 MiB\n {2}128 tokens: /);
    expect(graphsAsked()).toEqual(['onnx/model_quantized.onnx']);
    expect(manifest()).toMatchObject({
      name: ID,
      source: { repository: ID, commit: COMMIT },
      task: 'text-classification',
    });
    const folder = join(cache, 'pulled');
    expect((await run(['pull', ID, folder, '--remote'], env())).code).toBe(0);
    for (const path of [
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'README.md',
      'onnx/model_quantized.onnx',
    ]) {
      expect(await readFile(join(folder, path)), path).toEqual(hub.files.get(path));
    }
    // What was pulled is what can be added.
    expect((await run(['add', folder, '--name', 'again', '--remote'], env())).code).toBe(0);
    expect(manifest('again').engine).toEqual(manifest().engine);
  });

  test('as of onnx-community/*: weights outside the graph; another type, a branch, a name', async () => {
    const external = filesOf('test/fixtures/tiny-bert', (name) =>
      name === 'model.onnx' ? ['onnx/model_q4.onnx'] : name === 'model.onnx.data' ? [`onnx/${name}`] : [name],
    );
    await openHub(external);
    const { code, errors } = await add('--dtype', 'q4', '--revision', 'v1', '--name', 'mine', '--default');
    expect([code, errors]).toEqual([0, '']);
    expect(graphsAsked()).toEqual(['onnx/model.onnx.data', 'onnx/model_q4.onnx']);
    expect(manifest('mine').source.commit).toBe(COMMIT);
    expect(JSON.parse(bucket.text('catalogue.json')).defaults).toEqual({ 'text-classification': 'mine' });
  });

  test('an encoder and a merged decoder', async () => {
    await openHub(filesOf('model-assets/seeded-writing/seeded-t5-translation', inEveryType));
    const { code, errors } = await add();
    expect([code, errors]).toEqual([0, '']);
    expect(graphsAsked()).toEqual(['onnx/decoder_model_merged_quantized.onnx', 'onnx/encoder_model_quantized.onnx']);
  });

  test('a graph that the engine does not know is tried in onnxruntime-web, and a Worker without it must be deployed again', async () => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    const { code, output, errors } = await add('--engine', 'onnxruntime-web', '--default');
    expect([code, errors]).toEqual([0, '']);
    expect(output).toContain('runs on onnxruntime-web: it was asked for');
    expect(output).toContain('16.0 MiB onnxruntime-web + ');
    expect(output).toContain(
      `requests for ${ID}, and of text-classification that name no model, with 502: run npm run deploy after this`,
    );
  });

  test('attention in int8 where it is asked for, and in nothing else than is known', async () => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    const { code, output } = await add('--attention', 'int8');
    expect(code).toBe(0);
    expect(output).toContain('attention in int8');
    const refused = await add('--attention', 'int4');
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain('--attention is int4; it takes float or int8');
  });

  test('weights in int4 where it is asked for', async () => {
    await openHub(filesOf('model-assets/checkpoints/minilm-embeddings', (name) => [name]));
    const { code, output, errors } = await add('--weights', 'int4');
    expect([code, errors]).toEqual([0, '']);
    expect(output).toContain('weights in int4');
    expect(output).toMatch(/memory: 6\.\d MiB weights/);
    expect(manifest().engine.weights).toBe('int4');
  });

  test('small weights stay as they are, and nothing else than is known is taken', async () => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    const { code, output } = await add('--weights', 'int4');
    expect(code).toBe(0);
    expect(output).toContain('weights stay as they are');
    expect(manifest().engine).not.toHaveProperty('weights');
    const refused = await add('--weights', 'int8');
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain('--weights is int8; it takes given or int4');
  });
});

describe('a dry run', () => {
  test('of the Hub downloads no graph, and says what there would be', async () => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    const { code, output } = await add('--dry-run');
    expect(code).toBe(0);
    expect(output).toMatch(/117\.\d kB {2}onnx\/model_quantized\.onnx/);
    expect(graphsAsked()).toEqual([]);
    expect(bucket.keys()).toEqual([]);
  });

  test('of a folder makes all checks, says what there would be, and asks nothing of the bucket', async () => {
    await openHub(new Map());
    const { code, output, errors } = await run(['add', CLASSIFIER, '--dry-run', '--remote'], env());
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(
      /\d+\.\d kB in the bucket\nmemory: .*\n(.*\n)*a trial request was answered .*\nnothing was published\n$/,
    );
    expect(bucket.seen).toEqual([]);
  });
});

describe('refused before a graph is downloaded', () => {
  const changed = async (path: string, change: (json: Record<string, unknown>) => object) => {
    const files = filesOf(CLASSIFIER, inEveryType);
    const json = JSON.parse(files.get(path)?.toString() ?? '');
    files.set(path, Buffer.from(JSON.stringify(change(json))));
    await openHub(files);
  };

  test.each([
    [
      'config.json',
      { architectures: ['BertForMultipleChoice'] },
      'no task runs on BertForMultipleChoice; known heads are',
    ],
    ['config.json', { id2label: { 0: 'A', 2: 'B' } }, 'id2label has no label for 1'],
    ['tokenizer.json', { normalizer: { type: 'Rot13' } }, 'Rot13'],
  ])('%s %j', async (path, fields, message) => {
    await changed(path, (json) => ({ ...json, ...fields }));
    const { code, errors } = await add();
    expect(code).toBe(1);
    expect(errors).toContain(message);
    expect(graphsAsked()).toEqual([]);
    expect(bucket.seen).toEqual([]);
  });

  test('a repository without tokenizer.json', async () => {
    const files = filesOf(CLASSIFIER, inEveryType);
    files.delete('tokenizer.json');
    await openHub(files);
    expect((await add()).errors).toContain(
      'owner/name has no tokenizer.json; AutoTokenizer.from_pretrained(…).save_pretrained',
    );
  });

  test('a repository that there is not, and a dtype that it has not', async () => {
    await openHub(filesOf(CLASSIFIER, (name) => (name.endsWith('.onnx') ? [`onnx/${name}`] : [name])));
    expect((await run(['add', 'owner/other', '--remote'], env())).errors).toContain('the Hub answers 401 RepoNotFound');
    expect((await add('--dtype', 'q4')).errors).toContain('of dtype q4; there are fp32');
    const { code, errors } = await add('--dtype', 'int4');
    expect([code, errors.split('\n')[0]]).toEqual([
      2,
      '--dtype is int4; it takes q8, int8, uint8, fp32, q4, bnb4, q4f16, fp16',
    ]);
  });
});

/** Where the tool is killed: at which request, or after which words; `isAfter`: what the request asks was done. */
const STEPS: readonly (readonly [
  name: string,
  at: Partial<Record<'hub' | 'bucket' | 'output', (text: string) => boolean>>,
])[] = [
  ['asking for the list of files', { hub: (text) => text.includes('/api/') }],
  ['downloading a small file', { hub: (text) => text.includes('tokenizer.json') }],
  ['being sent to the storage', { hub: (text) => text.startsWith('hub') && text.includes('.onnx') }],
  ['downloading a graph', { hub: (text) => text.startsWith('storage') }],
  ['compiling and trying', { output: (text) => text.includes('hashes as the Hub states them') }],
  ['trying', { output: (text) => text.includes('memory: ') }],
  ['claiming', { bucket: (text) => text.startsWith('PUT publishing/') }],
  ['looking for blobs', { bucket: (text) => text.startsWith('HEAD blobs/') }],
  ['writing the first blob', { bucket: (text) => text.startsWith('PUT blobs/') }],
  ['writing the manifest', { bucket: (text) => text.startsWith('PUT manifests/') }],
  ['reading the catalogue', { bucket: (text) => text.startsWith('GET catalogue.json') }],
  ['writing the catalogue', { bucket: (text) => text.startsWith('PUT catalogue.json') }],
  ['taking the claim back', { bucket: (text) => text.startsWith('DELETE publishing/') }],
];

describe.skipIf(process.platform !== 'linux')('killed while', () => {
  test.each(STEPS)('%s: nothing is half visible, and the next run goes on', async (_, at) => {
    await openHub(filesOf(CLASSIFIER, inEveryType));
    let isKilled = false;
    const kill = () => {
      isKilled = true;
      tool.kill();
    };
    hub.fault = ({ at: where, path }: Seen): Fault => {
      if (isKilled || !at.hub?.(`${where} ${path}`)) return undefined;
      // In the midst of the answer, where there is one.
      setTimeout(kill, 150);
      return { drip: [2000, 10] };
    };
    bucket.fault = async ({ method, key }) => {
      if (isKilled || !at.bucket?.(`${method} ${key}`)) return undefined;
      kill();
      await tool.outcome;
      // It was done all the same.
      return 'lose';
    };
    const tool = start(['add', ID, '--remote'], env(), (output) => {
      if (!isKilled && at.output?.(output)) kill();
    });
    const { code } = await tool.outcome;
    expect([isKilled, code]).toEqual([true, null]);
    // Neither workerd nor what runs it outlives the tool.
    await vi.waitFor(() => expect(processesWith('EDGE_PIPELINES_CACHE', cache)).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
    const listed = bucket.keys('catalogue.json').length > 0;
    if (listed) expect(bucket.keys('manifests/')).toHaveLength(1);
    if (bucket.keys('manifests/').length > 0) expect(await missing()).toEqual([]);
    hub.fault = () => undefined;
    bucket.fault = () => undefined;
    const { code: second, errors } = await add();
    expect([second, errors]).toEqual([0, '']);
    const { faults, models } = await verify(openRemote(bucket.account), ignore, ignore);
    expect([faults, models]).toEqual([[], 1]);
    expect(await readdir(join(cache, 'hub', 'owner--name', COMMIT, 'onnx'))).toEqual(['model_quantized.onnx']);
  });

  /** Blobs that the manifest names and the bucket lacks. */
  async function missing(): Promise<readonly string[]> {
    const { faults } = await verify(openRemote(bucket.account), ignore, ignore);
    return faults.filter((fault) => fault.includes('blob'));
  }
});
