// What every engine refuses: feeds that are not the graph's inputs, and outputs that it does not have.

import { ServiceError } from '../errors.ts';
import type { HeldFeeds } from './session.ts';

/** Throws `invalid_input`, with the names that would be right. */
export function checkNames(
  feeds: HeldFeeds,
  inputs: readonly string[],
  wanted: readonly string[],
  outputs: readonly string[],
): void {
  const given = Object.keys(feeds);
  if (given.length !== inputs.length || !inputs.every((name) => name in feeds)) {
    throw new ServiceError('invalid_input', `the graph takes ${inputs.join(', ')}; it was given ${given.join(', ')}`);
  }
  const unknown = wanted.filter((name) => !outputs.includes(name));
  if (unknown.length > 0) {
    throw new ServiceError(
      'invalid_input',
      `the graph has no output ${unknown.join(', ')}; it has ${outputs.join(', ')}`,
    );
  }
}
