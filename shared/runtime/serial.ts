// A queue of one: each job starts when the one before has ended, however that ended.

export type Serial = <T>(job: () => Promise<T>) => Promise<T>;

export function createSerial(): Serial {
  let tail: Promise<unknown> = Promise.resolve();
  return (job) => {
    const result = tail.then(job);
    // The chain that others wait on never rejects, or one failure would fail every later job.
    tail = result.catch(() => undefined);
    return result;
  };
}
