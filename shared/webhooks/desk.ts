// What handling events needs of the Worker that it runs in, whether a request, a queue or the clock has woken it.

import { ServiceError } from '../errors.ts';
import type { AnyTask } from '../http/answer.ts';
import { type Isolate, isolateOf } from '../http/isolate.ts';
import type { Env, WebhookSettings } from '../http/settings.ts';
import { Meter } from '../meter.ts';
import type { BlobSource } from '../model/blobs.ts';
import { type EventRef, EventStore } from './event-store.ts';
import type { Hook } from './hook.ts';
import { HookReader } from './hook-reader.ts';

export interface Desk {
  readonly env: Env;
  readonly isolate: Isolate;
  readonly settings: WebhookSettings;
  readonly tasks: readonly AnyTask[];
  readonly source: BlobSource;
  readonly store: EventStore;
  /** A hook by its name; undefined where there is none. */
  find(name: string): Promise<Hook | undefined>;
  /** Wakes events up, each after its seconds. A wake-up that is lost is made up for by the sweep. */
  wake(wakes: readonly Wake[]): Promise<void>;
}

export interface Wake {
  readonly ref: EventRef;
  /** By which the sweep found the event. */
  readonly marker?: string;
  readonly delaySeconds: number;
}

/** What a Worker's entry points are called with. */
type Waiter = Pick<ExecutionContext, 'waitUntil'>;

const readers = new WeakMap<Env, HookReader>();

/** Throws `internal` where the Worker lacks a binding. */
export function deskOf(env: Env, tasks: readonly AnyTask[], context: Waiter): Desk {
  const isolate = isolateOf(env);
  const { EVENTS: bucket, WEBHOOKS: queue } = env;
  if (!bucket || !queue) throw new ServiceError('internal', 'webhooks need the bindings EVENTS and WEBHOOKS');
  const { manifestTtl, webhooks: settings } = isolate.settings;
  const reader = readers.get(env) ?? new HookReader(manifestTtl, settings.allowsLoopback);
  readers.set(env, reader);
  const waitUntil = (promise: Promise<unknown>) => context.waitUntil(promise);
  const source = { bucket: env.MODELS, cache: caches.default, meter: new Meter(), waitUntil };
  return {
    env,
    isolate,
    settings,
    tasks,
    source,
    store: new EventStore(bucket),
    find: async (name) => (await reader.read(source)).get(name),
    wake: async (wakes) => {
      if (wakes.length === 0) return;
      await queue.sendBatch(
        wakes.map(({ ref, marker, delaySeconds }) => {
          return { body: { ...ref, ...(marker !== undefined && { marker }) }, contentType: 'json', delaySeconds };
        }),
      );
    },
  };
}

/** The values of named secrets, those that are set. */
export function secretsOf(env: Env, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const value: unknown = Reflect.get(env, name);
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
}
