// Puts hooks into the bucket, where the Worker finds them within the time that it believes what it has read.

import { HOOKS_KEY, parseHookFile, toHookFile } from '../../shared/webhooks/hook-file.ts';
import type { ObjectStore } from '../bucket/object-store.ts';
import { checkModels } from './check-models.ts';
import type { HookFile } from './hook-files.ts';

/** What of a bucket hooks need. */
export type HookStore = Pick<ObjectStore, 'get' | 'put'>;

/** Throws where a hook asks for a model that is not published, is of another task, or never gives a label of its rules. Others may publish meanwhile: the write is conditional. */
export async function publishHooks(store: HookStore, files: readonly HookFile[]): Promise<void> {
  await checkModels(store, files);
  await change(store, (known) => {
    const names = files.map(({ hook }) => hook.name);
    return [...known.filter((each) => !names.includes(nameOf(each))), ...files.map(({ json }) => json)];
  });
}

/** Which of the names were there. */
export async function removeHooks(store: HookStore, names: readonly string[]): Promise<readonly string[]> {
  let removed: readonly string[] = [];
  await change(store, (known) => {
    removed = known.map(nameOf).filter((name) => names.includes(name));
    return known.filter((each) => !names.includes(nameOf(each)));
  });
  return removed;
}

export async function publishedHooks(store: HookStore): Promise<readonly unknown[]> {
  const stored = await store.get(HOOKS_KEY);
  return stored ? parseHookFile(stored.text) : [];
}

async function change(store: HookStore, edit: (known: readonly unknown[]) => readonly unknown[]): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await store.get(HOOKS_KEY);
    const next = toHookFile(edit(stored ? parseHookFile(stored.text) : []));
    if (next === stored?.text) return;
    if (await store.put(HOOKS_KEY, next, stored ? { etag: stored.etag } : 'nothing')) return;
  }
  throw new Error('the hooks were changed by others at each of five attempts; publish again');
}

function nameOf(hook: unknown): string {
  const name = typeof hook === 'object' && hook !== null && 'name' in hook ? hook.name : undefined;
  return typeof name === 'string' ? name : '';
}
