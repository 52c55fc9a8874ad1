// Lists are bounded before a schema reads them: of each wrong element it makes hundreds of bytes, and a body of a megabyte has half a
// million elements.

import { ServiceError } from '../errors.ts';
import type { Limits } from '../task.ts';

/** Token ids, their mask and their types, and the lists that these are in. */
const ENTRIES_PER_TOKEN = 4;

/** Throws `too_large` for a body with more inputs, or more entries in all its lists, than any task takes. */
export function checkLists(body: Readonly<Record<string, unknown>>, { maxInputs, maxTokens }: Limits): void {
  const { inputs } = body;
  if (Array.isArray(inputs) && inputs.length > maxInputs) {
    throw new ServiceError('too_large', `inputs has ${inputs.length} entries; one request takes ${maxInputs}`);
  }
  const most = ENTRIES_PER_TOKEN * maxTokens;
  let entries = 0;
  // No recursion: a body may be nested more deeply than a stack is.
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) entries += value.length;
    if (entries > most) {
      throw new ServiceError('too_large', `the lists of the body have more than ${most} entries; send fewer a request`);
    }
    for (const inner of Object.values(value)) if (typeof inner === 'object') open.push(inner);
  }
}
