// Publishers and collectors of the same bucket, kept out of each other's way. Whoever publishes relies on blobs that no manifest names yet,
// and whoever collects deletes just those.
//
//   publisher   writes a claim, then looks for a collector's mark, and waits while there is one
//   collector   writes its mark, then reads the claims, and spares what they name
//
// The bucket is strongly consistent, so one of the two sees the other. A claim or a mark whose owner was killed counts for a while only.

import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { ObjectStore } from './object-store.ts';

const CLAIMS = 'publishing/';
const MARK = 'collecting.json';
/** A publisher that has said nothing for so long is gone, in milliseconds. */
const CLAIM_LIFE = 24 * 3600_000;
/** The same for a collector, whose work is short. */
const MARK_LIFE = 5 * 60_000;
const POLL = 500;

const claim = z.object({ model: z.string(), blobs: z.array(z.string()) });
const mark = z.object({ id: z.string(), since: z.number() });

/** Runs `work` with the blobs of a model claimed. `onWait` is told when a collector must be waited for. */
export async function withClaim<T>(
  store: ObjectStore,
  model: string,
  blobs: readonly string[],
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const key = `${CLAIMS}${randomUUID()}.json`;
  await store.put(key, JSON.stringify({ model, blobs }), 'nothing');
  try {
    for (let isFirst = true; await isCollecting(store); isFirst = false) {
      if (isFirst) onWait();
      await wait(POLL);
    }
    return await work();
  } finally {
    // One that stays behind is no harm.
    await store.delete(key).catch(() => undefined);
  }
}

async function isCollecting(store: ObjectStore): Promise<boolean> {
  const found = await readMark(store);
  return found !== undefined && store.now() - found.since < MARK_LIFE;
}

/** Whose mark is there, and since when; one that says neither is nobody's, and old. */
async function readMark(store: ObjectStore) {
  const stored = await store.get(MARK);
  if (!stored) return undefined;
  const { id, since } = parsed(mark, stored.text) ?? { id: '', since: 0 };
  return { id, since, etag: stored.etag };
}

export interface Collector {
  /** Blobs that publishers rely on. */
  readonly claimed: ReadonlySet<string>;
  /** Models that are being published. */
  readonly models: ReadonlySet<string>;
  /** To be called before each deletion. Throws where it has taken so long that publishers no longer wait. */
  check(): Promise<void>;
}

/** Runs `work` while no publisher begins. Throws where another collector is at work. */
export async function collecting<T>(store: ObjectStore, work: (collector: Collector) => Promise<T>): Promise<T> {
  const id = randomUUID();
  let since = await setMark(store, id);
  try {
    return await work({
      ...(await readClaims(store)),
      async check() {
        const age = store.now() - since;
        if (age > MARK_LIFE / 2) throw new Error('this took too long to be safe beside publishers; run it again');
        if (age > MARK_LIFE / 5) since = await renew(store, id);
      },
    });
  } finally {
    await removeMark(store, id).catch(() => undefined);
  }
}

async function setMark(store: ObjectStore, id: string): Promise<number> {
  // The first answer tells the bucket's time.
  const found = await readMark(store);
  const since = store.now();
  const age = found ? since - found.since : 0;
  if (found && age < MARK_LIFE) {
    throw new Error(
      `models are being removed by another (${Math.ceil((MARK_LIFE - age) / 1000)} s at most); run it again then`,
    );
  }
  const isSet = await store.put(MARK, JSON.stringify({ id, since }), found ? { etag: found.etag } : 'nothing');
  if (!isSet) throw new Error('models are being removed by another; run it again');
  return since;
}

/** Throws where another has taken it for that of one that was killed, and begun. */
async function renew(store: ObjectStore, id: string): Promise<number> {
  const found = await readMark(store);
  const since = store.now();
  const isOwn = found?.id === id && (await store.put(MARK, JSON.stringify({ id, since }), { etag: found.etag }));
  if (!isOwn) throw new Error('this took so long that another removes models by now; run it again');
  return since;
}

/** Unless it is another's by now; nothing is deleted on condition. */
async function removeMark(store: ObjectStore, id: string): Promise<void> {
  const found = await readMark(store);
  if (found?.id === id) await store.delete(MARK);
}

/** Those that still count; the others are deleted. */
async function readClaims(store: ObjectStore): Promise<Pick<Collector, 'claimed' | 'models'>> {
  const claimed = new Set<string>();
  const models = new Set<string>();
  for await (const { key, uploaded } of store.list(CLAIMS)) {
    if (store.now() - uploaded.getTime() > CLAIM_LIFE) {
      await store.delete(key);
      continue;
    }
    const stored = await store.get(key);
    const found = stored && parsed(claim, stored.text);
    if (!found) continue;
    models.add(found.model);
    for (const blob of found.blobs) claimed.add(blob);
  }
  return { claimed, models };
}

/** Undefined where the text is something else, or no JSON. */
function parsed<S extends z.ZodMiniType>(schema: S, text: string): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
