// Hooks as files: read, checked, and those that come with the project.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Hook, parseHook } from '../../shared/webhooks/hook.ts';

const EXAMPLES = join(import.meta.dirname, 'examples');

export interface HookFile {
  readonly path: string;
  readonly hook: Hook;
  /** As it was written: what is published, so that a default that changes later changes for it too. */
  readonly json: unknown;
}

/** The hooks of files; those that ship where none is named. Throws where one is wrong, with its path. */
export async function readHooks(paths: readonly string[], allowsLoopback: boolean): Promise<readonly HookFile[]> {
  const files = paths.length > 0 ? paths : await shippedPaths();
  return Promise.all(files.map((path) => readHook(path, allowsLoopback)));
}

/** An event that a shipped hook takes; undefined where there is none for it. */
export async function readExample(name: string): Promise<string | undefined> {
  const path = join(EXAMPLES, `${name}.event.json`);
  return readFile(path, 'utf8').catch(() => undefined);
}

async function shippedPaths(): Promise<string[]> {
  const names = await readdir(EXAMPLES);
  return names.filter((name) => !name.endsWith('.event.json')).map((name) => join(EXAMPLES, name));
}

async function readHook(path: string, allowsLoopback: boolean): Promise<HookFile> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    return { path, json, hook: parseHook(json, allowsLoopback) };
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Names of all secrets that a hook needs. */
export function secretsOf({ signature, destinations }: Hook): readonly string[] {
  const outgoing = Object.values(destinations).flatMap((each) => ('secrets' in each ? each.secrets : []));
  return [...new Set([...signature.secrets, ...outgoing])];
}
