// How long a request waits for what another may have begun to read.

import { ServiceError } from '../errors.ts';

/**
 * Milliseconds. Opening the largest model that an isolate holds takes a tenth of it, and whoever has left takes its reads with it half a
 * minute later: what has not come by then may never come.
 */
export const PATIENCE = 30_000;

/**
 * What `opening` gives. Throws `model_unavailable`, which says `what`, where that takes longer than `patience`: for those who wait, the work itself
 * goes on, and what it holds until it ends nobody counts.
 */
export async function patiently<T>(opening: Promise<T>, what: string, patience: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `${what} was not read from the bucket within ${patience / 1000} s; send the request again`;
    late.reject(new ServiceError('model_unavailable', message));
  }, patience);
  try {
    return await Promise.race([opening, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
