// The parameters `truncation` and `max_length`, which several tasks take, in the meaning of transformers.

import * as z from 'zod/mini';
import { ServiceError } from './errors.ts';
import type { Model } from './model/open-model.ts';
import { optional } from './schema.ts';
import type { Truncation } from './tokenizer/tokenizer.ts';

const STRATEGIES = ['longest_first', 'only_first', 'only_second'] as const;

const truncation = z.union([z.boolean(), z.enum([...STRATEGIES, 'do_not_truncate'])], {
  error: `must be true, false, do_not_truncate, ${STRATEGIES.join(', ')}`,
});

/** Spread into a task's parameters. */
export const truncationFields = {
  truncation: optional(truncation, false),
  max_length: optional(z.int('must be a whole number from 1, or null').check(z.minimum(1)), null),
};

/** What to cut to, or undefined for not at all. `at`: where the body has the two. Throws `invalid_input` where the two parameters contradict each other. */
export function toTruncation(
  {
    truncation,
    max_length: length,
  }: { truncation: z.output<typeof truncationFields.truncation>; max_length: number | null },
  { manifest: { maxLength, truncationSide: direction = 'right' } }: Pick<Model, 'manifest'>,
  at = 'parameters.',
): Truncation | undefined {
  if (truncation === false || truncation === 'do_not_truncate') {
    if (length === null) return undefined;
    throw new ServiceError('invalid_input', `${at}max_length cuts only with truncation; set ${at}truncation to true`);
  }
  if (length !== null && length > maxLength) {
    throw new ServiceError('invalid_input', `${at}max_length is ${length}; this model takes ${maxLength} tokens`);
  }
  return { strategy: truncation === true ? 'longest_first' : truncation, maxLength: length ?? maxLength, direction };
}
