// Hooks as files: what ships is right, and publishing refuses what would not be.

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readExample, readHooks, secretsOf } from '../model-assets/hooks/hook-files.ts';
import { ensureSecrets, readSecrets } from '../model-assets/hooks/local-secrets.ts';
import { type HookStore, publishedHooks, publishHooks, removeHooks } from '../model-assets/hooks/publish-hooks.ts';
import { CATALOGUE_KEY } from '../shared/model/catalogue.ts';
import { manifestKey } from '../shared/model/manifest.ts';
import { toHookJsonSchema } from '../shared/webhooks/hook.ts';
import { parsePayload } from '../shared/webhooks/payload.ts';
import { isMeant, pickTexts } from '../shared/webhooks/pick.ts';

const SCHEMA = join(import.meta.dirname, '..', 'model-assets', 'hooks', 'hook.schema.json');
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hooks-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A bucket in memory that keeps to the conditions of a write. */
function createBucket(models: readonly { name: string; task: string }[]) {
  const catalogue = { format: 1, models: models.map((model) => ({ ...model, tags: [] })), defaults: {} };
  const objects = new Map<string, string>([[CATALOGUE_KEY, JSON.stringify(catalogue)]]);
  const etagOf = (text: string) => createHash('md5').update(text).digest('hex');
  let interrupt: (() => void) | undefined;
  const bucket: HookStore = {
    get: async (key) => {
      const text = objects.get(key);
      return text === undefined ? null : { etag: etagOf(text), text };
    },
    put: async (key, text, expected) => {
      interrupt?.();
      interrupt = undefined;
      const known = objects.get(key);
      const isExpected =
        known === undefined ? expected === 'nothing' : typeof expected === 'object' && expected.etag === etagOf(known);
      if (isExpected) objects.set(key, text);
      return isExpected;
    },
  };
  const beforeNextPut = (run: () => void) => {
    interrupt = run;
  };
  return { bucket, objects, beforeNextPut };
}

const MODELS = [
  { name: 'minilm-sst2', task: 'text-classification' },
  { name: 'minilm-nli', task: 'zero-shot-classification' },
];

const file = async (name: string, changes: object = {}) => {
  const path = join(folder, `${name}.json`);
  const hook = {
    name,
    signature: { scheme: 'github', secrets: ['A_SECRET'] },
    text: '/text',
    task: 'text-classification',
    model: 'minilm-sst2',
    else: 'nothing',
    ...changes,
  };
  await writeFile(path, JSON.stringify(hook));
  return path;
};

test('what ships is right, has an event that it takes, and is found by its name', async () => {
  const files = await readHooks([], true);
  expect(files.map(({ hook }) => hook.name).sort()).toEqual(['contact-form', 'issue-triage', 'review-sentiment']);
  for (const { hook } of files) {
    const example = await readExample(hook.name);
    const payload = parsePayload('application/json', new TextEncoder().encode(example));
    expect(isMeant(hook, payload), hook.name).toBe(true);
    expect(pickTexts(hook, payload)[0]?.length, hook.name).toBeGreaterThan(10);
    expect(secretsOf(hook).length).toBeGreaterThan(1);
  }
});

test('what ships delivers to this machine, which is not published to an account', async () => {
  await expect(readHooks([], false)).rejects.toThrow('leads to this machine itself, which is for development only');
});

test('the JSON Schema that is checked in is the one that hooks are checked against', async () => {
  expect(JSON.parse(await readFile(SCHEMA, 'utf8'))).toEqual(toHookJsonSchema());
});

test("the Worker's own variables and bindings are neither secrets nor queues of a hook", async () => {
  const settings = await readFile(join(import.meta.dirname, '..', 'shared', 'http', 'settings.ts'), 'utf8');
  const names = [...settings.matchAll(/^ {2}readonly ([A-Z_]+)\??:/gm)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const secret = await file('one', { signature: { scheme: 'github', secrets: [name] } });
    await expect(readHooks([secret], false), name).rejects.toThrow("that one is the Worker's own");
    const queue = await file('two', { else: 'q', destinations: { q: { queue: name } } });
    await expect(readHooks([queue], false), name).rejects.toThrow('destinations.q');
  }
});

test('are added, replaced and removed by their names', async () => {
  const { bucket } = createBucket(MODELS);
  await publishHooks(bucket, await readHooks([await file('one'), await file('two')], false));
  await publishHooks(bucket, await readHooks([await file('one', { text: '/other' })], false));
  const names = async () =>
    (await publishedHooks(bucket)).map((hook) => [
      Reflect.get(hook as object, 'name'),
      Reflect.get(hook as object, 'text'),
    ]);
  expect(await names()).toEqual([
    ['two', '/text'],
    ['one', '/other'],
  ]);
  expect(await removeHooks(bucket, ['two', 'three'])).toEqual(['two']);
  expect(await names()).toEqual([['one', '/other']]);
});

test('that others publish meanwhile are kept', async () => {
  const { bucket, objects, beforeNextPut } = createBucket(MODELS);
  const files = await readHooks([await file('mine')], false);
  beforeNextPut(() => objects.set('webhooks.json', JSON.stringify({ format: 1, hooks: [{ name: 'theirs' }] })));
  await publishHooks(bucket, files);
  expect((await publishedHooks(bucket)).map((hook) => Reflect.get(hook as object, 'name'))).toEqual(['theirs', 'mine']);
});

test('that ask for a model that is not there are refused, with their path', async () => {
  const { bucket, objects } = createBucket(MODELS);
  const path = await file('one', { model: 'no-such-model' });
  await expect(publishHooks(bucket, await readHooks([path], false))).rejects.toThrow(
    `${path}: no model no-such-model is published`,
  );
  const without = await file('two', { model: null, task: 'token-classification' });
  await expect(publishHooks(bucket, await readHooks([without], false))).rejects.toThrow(
    'no model for token-classification is published',
  );
  expect(objects.has('webhooks.json')).toBe(false);
});

test('that ask for a model of another task are refused, with their path', async () => {
  const { bucket, objects } = createBucket(MODELS);
  const path = await file('one', { model: 'minilm-nli', task: 'token-classification' });
  await expect(publishHooks(bucket, await readHooks([path], false))).rejects.toThrow(
    `${path}: model minilm-nli is for zero-shot-classification; token-classification needs one for token-classification`,
  );
  expect(objects.has('webhooks.json')).toBe(false);
});

test('whose rules wait for a label that never comes are refused, with their path', async () => {
  const { bucket, objects } = createBucket([...MODELS, { name: 'ner', task: 'token-classification' }]);
  objects.set(manifestKey('minilm-sst2'), JSON.stringify({ id2label: ['NEGATIVE', 'POSITIVE'] }));
  objects.set(manifestKey('ner'), JSON.stringify({ id2label: ['O', 'B-PER', 'I-PER'] }));
  const zeroShot = {
    task: 'zero-shot-classification',
    model: 'minilm-nli',
    parameters: { candidate_labels: 'spam, ham' },
  };
  const ner = { task: 'token-classification', model: 'ner' };
  const withRule = async (label: unknown, changes: object) =>
    publishHooks(
      bucket,
      await readHooks([await file('one', { rules: [{ label, to: 'nothing' }], ...changes })], false),
    );
  await expect(withRule('negative', {})).rejects.toThrow('one.json: no result has the label "negative" of rules');
  await expect(withRule(['spam', 'eggs'], zeroShot)).rejects.toThrow('"eggs" of rules; there are spam, ham');
  await expect(withRule('LOC', ner)).rejects.toThrow('no result has the label "LOC"');
  expect(objects.has('webhooks.json')).toBe(false);
  await withRule('NEGATIVE', {});
  await withRule(['spam', 'ham'], zeroShot);
  await withRule(['PER', 'B-PER'], ner);
});

test('that are wrong are refused, with their path', async () => {
  const path = await file('one', { else: 'nowhere' });
  await expect(readHooks([path], false)).rejects.toThrow(`${path}: nowhere is no destination`);
  await writeFile(path, '{');
  await expect(readHooks([path], false)).rejects.toThrow(path);
});

test.each([
  'SECRET = "whsec_mine"',
  "SECRET='whsec_mine'",
  'SECRET=`whsec_mine` # a remark',
  'export SECRET=whsec_mine',
  ' SECRET=whsec_mine # a remark',
  'SECRET=other\nSECRET=whsec_mine',
])('a local secret that stands as %j is what wrangler reads, and stays', async (line) => {
  const path = join(folder, '.dev.vars');
  await writeFile(path, line);
  await ensureSecrets(['SECRET'], path);
  expect((await readSecrets(path)).get('SECRET')).toBe('whsec_mine');
  expect((await readFile(path, 'utf8')).split('SECRET')).toHaveLength(line.split('SECRET').length);
});

test('their local secrets are drawn once, and what is there stays', async () => {
  const path = join(folder, '.dev.vars');
  await writeFile(path, 'MINE=kept\n# a remark\nQUOTED="a b"');
  await ensureSecrets(['ONE', 'MINE'], path);
  const first = await readSecrets(path);
  await ensureSecrets(['ONE', 'TWO'], path);
  const second = await readSecrets(path);
  expect([second.get('MINE'), second.get('QUOTED'), second.get('WEBHOOK_LOOPBACK')]).toEqual(['kept', 'a b', 'true']);
  expect(first.get('ONE')).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  expect(second.get('ONE')).toBe(first.get('ONE'));
  expect(second.get('TWO')).not.toBe(second.get('ONE'));
  expect(await readFile(path, 'utf8')).toContain('# a remark');
});
