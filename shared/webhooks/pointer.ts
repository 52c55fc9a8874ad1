// JSON Pointers (RFC 6901) into what JSON.parse gave. Only what the payload itself has is found: nothing of a prototype.

import * as z from 'zod/mini';

export const pointer = z
  .string('must be a JSON Pointer, such as /issue/title')
  .check(z.regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'must be a JSON Pointer, such as /issue/title'));

/** The value at a pointer; undefined where there is none. */
export function resolve(document: unknown, path: string): unknown {
  let at = document;
  for (const token of path.split('/').slice(1)) at = step(at, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return at;
}

function step(at: unknown, token: string): unknown {
  if (Array.isArray(at)) return /^(?:0|[1-9][0-9]*)$/.test(token) ? at[Number(token)] : undefined;
  if (typeof at !== 'object' || at === null || !Object.hasOwn(at, token)) return undefined;
  return Reflect.get(at, token);
}

/** What a message calls a value that is not what it should be. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
