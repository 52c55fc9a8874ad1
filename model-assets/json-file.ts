// JSON files of a checkpoint: what is wrong with one is said with its path, the field, and what would be right.

import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { parseJson } from './tokenizer/json.ts';

/** zod/mini comes without messages of its own. */
const { localeError: error } = z.locales.en();

export async function readJson<S extends z.ZodMiniType>(path: string, schema: S): Promise<z.output<S>> {
  return checkJson(path, parseJson(await readFile(path, 'utf8'), path), schema);
}

/** The same of a file that may not be there: `missing` is then what it holds. */
export async function readOptionalJson<S extends z.ZodMiniType>(
  path: string,
  schema: S,
  missing: unknown = {},
): Promise<z.output<S>> {
  try {
    return await readJson(path, schema);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return checkJson(path, missing, schema);
    throw error;
  }
}

/** `name`: of the file that it is from, or of the folder where two files make it up, for what is thrown. */
export function checkJson<S extends z.ZodMiniType>(name: string, value: unknown, schema: S): z.output<S> {
  const result = schema.safeParse(value, { error });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = z.core.toDotPath(issue?.path ?? []);
  throw new Error([name, field, issue?.message.replace(/^Invalid input: /, '')].filter(Boolean).join(': '));
}
