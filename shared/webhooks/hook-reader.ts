// Reads the published hooks. All lie in one object, so that asking for one that does not exist costs what asking for another costs.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { BucketError, readObject } from '../model/bucket.ts';
import type { ManifestSource } from '../model/manifest-reader.ts';
import { Memo } from '../model/memo.ts';
import { type Hook, parseHook } from './hook.ts';
import { HOOKS_KEY, parseHookFile } from './hook-file.ts';

export type Hooks = ReadonlyMap<string, Hook>;

export class HookReader {
  readonly #memo: Memo<Hooks>;
  readonly #allowsLoopback: boolean;

  /** `ttl`: how long what was read is believed, in milliseconds. */
  constructor(ttl: number, allowsLoopback: boolean) {
    this.#memo = new Memo(ttl, (error) => error instanceof BucketError);
    this.#allowsLoopback = allowsLoopback;
  }

  /** By their names; none where none was ever published. One that is wrong is left out, and the log says why. */
  read({ bucket, waitUntil }: ManifestSource): Promise<Hooks> {
    const read = async () => {
      const json = await readObject(bucket, HOOKS_KEY, (object) => object.text());
      return json === null ? new Map<string, Hook>() : this.#parse(json);
    };
    return this.#memo.get(HOOKS_KEY, read, waitUntil);
  }

  #parse(json: string): Hooks {
    const hooks = new Map<string, Hook>();
    for (const each of parseHookFile(json)) {
      try {
        const hook = parseHook(each, this.#allowsLoopback);
        hooks.set(hook.name, hook);
      } catch (error) {
        const { data } = named.safeParse(each);
        console.error(
          `hook ${data?.name ?? '?'} is left out: ${error instanceof ServiceError ? error.message : error}`,
        );
      }
    }
    return hooks;
  }
}

const named = z.object({ name: z.string() });
