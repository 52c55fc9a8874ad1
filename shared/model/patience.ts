// How long a request waits for what another may have begun to read.

import { ServiceError } from '../errors.ts';

/**
 * Milliseconds. Opening the largest model that an isolate holds takes a tenth of it, and whoever has left takes its reads with it half a
 * minute later: what has not come by then may never come.
 */
export const PATIENCE = 30_000;

/** What `opening` gives. Throws `model_unavailable` where that takes longer than `patience`, for those who wait: the work itself goes on. */
export async function patiently<T>(opening: Promise<T>, name: string, patience: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `model ${name} was not read from the bucket within ${patience / 1000} s; send the request again`;
    late.reject(new ServiceError('model_unavailable', message));
  }, patience);
  try {
    return await Promise.race([opening, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
