// Reads from R2 whose failures say what failed.

import { ServiceError } from '../errors.ts';

/** R2 gave no answer: what lies there may well be whole. */
export class BucketError extends ServiceError {
  constructor(key: string, cause: unknown) {
    super('model_unavailable', `the bucket could not be read (${key}); try again`, { cause });
  }
}

/** What `read` makes of an object, or null where there is none. Throws `BucketError`. */
export async function readObject<T>(
  bucket: R2Bucket,
  key: string,
  read: (object: R2ObjectBody) => Promise<T>,
): Promise<T | null> {
  try {
    const object = await bucket.get(key);
    return object && (await read(object));
  } catch (cause) {
    // What the reader itself refuses is no fault of the bucket.
    if (cause instanceof ServiceError) throw cause;
    throw new BucketError(key, cause);
  }
}
