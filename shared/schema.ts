// What the schemas of all tasks share: objects that name what they accept, and one sentence out of a failed parse.
// zod/mini and not zod: 12 kB gzipped against 92, and a quarter of the start-up (`npm run bench -- schema`).

import * as z from 'zod/mini';
import { ServiceError } from './errors.ts';

const TAKES = '; it takes ';

/** A strict object whose error tells unknown fields apart and lists those that it takes. */
export function fields<S extends z.core.$ZodLooseShape>(shape: S) {
  const accepted = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has no ${issue.keys.join(', ')}${TAKES}${accepted}`
        : `must be an object${TAKES}${accepted}`,
  });
}

/** A field that may be left out or be null, which both mean `fallback`. */
export function optional<S extends z.ZodMiniType, F extends z.output<S> | null>(schema: S, fallback: F) {
  return z.pipe(
    z.optional(z.nullable(schema)),
    z.transform((value): z.output<S> | F => value ?? fallback),
  );
}

/** `inputs` of a task that takes a text or a list of texts. */
export const texts = z.union(
  [z.string('must be a string'), z.array(z.string('must be a string'))],
  'must be a string or a list of strings',
);

/**
 * Parses untrusted JSON. Throws `invalid_input` that says which field is wrong, and what it must be. `beside`: fields of the body that were taken
 * out of it before; who mistypes one is told of them too.
 */
export function parse<S extends z.ZodMiniType>(schema: S, value: unknown, beside: readonly string[] = []): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues.map(innermost)[0];
  const path = issue?.path ?? [];
  const message = `${pathOf(path)} ${issue?.message}`;
  const listed = path.length === 0 && message.includes(TAKES) ? [message, ...beside].join(', ') : message;
  throw new ServiceError('invalid_input', listed);
}

/** Of a union's failures, the one that got furthest is the one that was meant. */
function innermost(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const candidates = issue.errors.flat().map(innermost);
  const furthest = candidates.reduce<(typeof candidates)[number] | undefined>(
    (best, next) => (next.path.length > (best?.path.length ?? 0) ? next : best),
    undefined,
  );
  return furthest ? { ...furthest, path: [...issue.path, ...furthest.path] } : issue;
}

/** `['inputs', 2, 'text']` as `inputs[2].text`. */
function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the body';
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('');
}
