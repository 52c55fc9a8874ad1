// Puts hooks into the bucket, where the Worker finds them within the time that it believes what it has read.

import { CATALOGUE_KEY, EMPTY_CATALOGUE, parseCatalogue } from '../../shared/model/catalogue.ts';
import { HOOKS_KEY, parseHookFile, toHookFile } from '../../shared/webhooks/hook-file.ts';
import type { Bucket } from '../publish.ts';
import type { HookFile } from './hook-files.ts';

/** Throws where a hook asks for a model that is not published. Others may publish meanwhile: the write is conditional. */
export async function publishHooks(bucket: Bucket, files: readonly HookFile[]): Promise<void> {
  await checkModels(bucket, files);
  await change(bucket, (known) => {
    const names = files.map(({ hook }) => hook.name);
    return [...known.filter((each) => !names.includes(nameOf(each))), ...files.map(({ json }) => json)];
  });
}

/** Which of the names were there. */
export async function removeHooks(bucket: Bucket, names: readonly string[]): Promise<readonly string[]> {
  let removed: readonly string[] = [];
  await change(bucket, (known) => {
    removed = known.map(nameOf).filter((name) => names.includes(name));
    return known.filter((each) => !names.includes(nameOf(each)));
  });
  return removed;
}

export async function publishedHooks(bucket: Bucket): Promise<readonly unknown[]> {
  const text = await (await bucket.get(HOOKS_KEY))?.text();
  return text === undefined ? [] : parseHookFile(text);
}

async function change(bucket: Bucket, edit: (known: readonly unknown[]) => readonly unknown[]): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const object = await bucket.get(HOOKS_KEY);
    const text = await object?.text();
    const next = toHookFile(edit(text === undefined ? [] : parseHookFile(text)));
    if (next === text) return;
    const onlyIf = object ? { etagMatches: object.etag } : { etagDoesNotMatch: '*' };
    if (await bucket.put(HOOKS_KEY, next, { onlyIf })) return;
  }
  throw new Error('the hooks were changed by others at each of five attempts; publish again');
}

async function checkModels(bucket: Bucket, files: readonly HookFile[]): Promise<void> {
  const text = await (await bucket.get(CATALOGUE_KEY))?.text();
  const { models, defaults } = text === undefined ? EMPTY_CATALOGUE : parseCatalogue(text);
  for (const { path, hook } of files) {
    const name = hook.model ?? defaults[hook.task];
    const known = models.find((model) => model.name === name);
    if (!known) throw new Error(`${path}: ${name ? `no model ${name}` : `no model for ${hook.task}`} is published`);
  }
}

function nameOf(hook: unknown): string {
  const name = typeof hook === 'object' && hook !== null && 'name' in hook ? hook.name : undefined;
  return typeof name === 'string' ? name : '';
}
