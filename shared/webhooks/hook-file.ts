// The object in which all published hooks lie.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';

export const HOOKS_KEY = 'webhooks.json';

const file = z.strictObject({ format: z.literal(1), hooks: z.array(z.unknown()) });

/** The hooks as they were written, not yet checked. Throws `internal` where the object is damaged. */
export function parseHookFile(json: string): readonly unknown[] {
  try {
    return file.parse(JSON.parse(json)).hooks;
  } catch (cause) {
    throw new ServiceError('internal', `${HOOKS_KEY} cannot be read; publish the hooks again`, { cause });
  }
}

export const toHookFile = (hooks: readonly unknown[]) => JSON.stringify({ format: 1, hooks });
