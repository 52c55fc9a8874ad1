// Work on many stored events.

import type { EventRef } from './event-store.ts';

/** What `work` gives; undefined where it fails, which is logged: one event that cannot be read must not hide the others. */
export async function unlessDamaged<T>({ hook, key }: EventRef, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    console.error(`event ${hook}/${key} is passed over`, error);
    return undefined;
  }
}
