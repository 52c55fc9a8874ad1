// The events of a bucket. R2 is the truth: an object is created once, and replaced only by whoever read what it replaces.
//
//   events/<hook>/<key>                    the event
//   due/<milliseconds>/<hook>/<key>/<any>  a marker: from then on the sweep has the event looked at. Every event that is not finished has
//                                          one; a marker too many costs a look
//   dead/<hook>/<key>                      a marker: the event is dead, or was about to be
//   swept                                  how far old events have been looked for

import { isFinished, parseEvent, type StoredEvent } from './event.ts';

/** Which event. */
export interface EventRef {
  readonly hook: string;
  readonly key: string;
}

export interface Stored {
  readonly event: StoredEvent;
  readonly etag: string;
}

/** An event as a list shows it. */
export interface Listed extends EventRef {
  /** When it last changed, in milliseconds since the epoch. */
  readonly at: number;
  readonly isFinished: boolean;
}

export interface Marker extends EventRef {
  readonly name: string;
  readonly at: number;
}

/** R2 takes one write a second to an object; what comes sooner may be refused, and is tried again. */
const PATIENCE_MS = [1100, 2200];
const SWEPT = 'swept';

export class EventStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  /** Stores an event that is not there yet; false where it is. */
  async create(ref: EventRef, event: StoredEvent): Promise<boolean> {
    return (await this.#put(eventKey(ref), event, { etagDoesNotMatch: '*' })) !== null;
  }

  async read(ref: EventRef): Promise<Stored | null> {
    const object = await this.#bucket.get(eventKey(ref));
    return object && { event: parseEvent(eventKey(ref), await object.text()), etag: object.etag };
  }

  /** Null where somebody else has replaced it since it was read. */
  async replace(ref: EventRef, { etag }: Stored, event: StoredEvent): Promise<Stored | null> {
    const object = await this.#put(eventKey(ref), event, { etagMatches: etag });
    return object && { event, etag: object.etag };
  }

  async #put(key: string, event: StoredEvent, onlyIf: R2Conditional): Promise<R2Object | null> {
    const options = {
      onlyIf,
      httpMetadata: { contentType: 'application/json' },
      customMetadata: isFinished(event) ? { finished: 'true' } : {},
    };
    for (const wait of PATIENCE_MS) {
      try {
        return await this.#bucket.put(key, JSON.stringify(event), options);
      } catch {
        await scheduler.wait(wait);
      }
    }
    return this.#bucket.put(key, JSON.stringify(event), options);
  }

  async mark(marker: string): Promise<void> {
    await this.#bucket.put(marker, '');
  }

  async unmark(markers: string[]): Promise<void> {
    if (markers.length > 0) await this.#bucket.delete(markers);
  }

  /** The oldest markers up to now, behind the one named `after`. */
  async due(now: number, most: number, after?: string): Promise<{ markers: readonly Marker[]; isLast: boolean }> {
    const page = await this.#bucket.list({ prefix: 'due/', limit: most, ...(after && { startAfter: after }) });
    const markers = page.objects.map(({ key }) => parseMarker(key)).filter(({ at }) => at <= now);
    return { markers, isLast: !page.truncated || markers.length < page.objects.length };
  }

  /** The dead of a hook in the order of their keys, behind `after`. */
  async dead(hook: string, most: number, after = ''): Promise<readonly EventRef[]> {
    const prefix = `dead/${hook}/`;
    const { objects } = await this.#bucket.list({ prefix, limit: most, startAfter: prefix + after });
    return objects.map(({ key }) => ({ hook, key: key.slice(prefix.length) }));
  }

  /** So many events from where the last call stopped, and around again. */
  async next(most: number): Promise<readonly Listed[]> {
    const startAfter = await (await this.#bucket.get(SWEPT))?.text();
    const page = await this.#bucket.list({
      prefix: 'events/',
      limit: most,
      include: ['customMetadata'],
      ...(startAfter && { startAfter }),
    });
    const next = page.truncated ? (page.objects.at(-1)?.key ?? '') : '';
    if (next !== (startAfter ?? '')) await this.#bucket.put(SWEPT, next);
    return page.objects.map(({ key, uploaded, customMetadata }) => {
      return { ...parseKey(key), at: uploaded.getTime(), isFinished: customMetadata?.finished === 'true' };
    });
  }

  async remove(refs: readonly EventRef[]): Promise<void> {
    if (refs.length === 0) return;
    await this.#bucket.delete(refs.map(deadMarkerOf));
    await this.#bucket.delete(refs.map(eventKey));
  }
}

/** The name of a new marker: no two are the same, so that removing one removes nobody else's. */
export function markerOf({ hook, key }: EventRef, at: number): string {
  return `due/${String(Math.floor(at)).padStart(13, '0')}/${hook}/${key}/${crypto.randomUUID().slice(0, 8)}`;
}

export const deadMarkerOf = ({ hook, key }: EventRef) => `dead/${hook}/${key}`;

const eventKey = ({ hook, key }: EventRef) => `events/${hook}/${key}`;

function parseKey(name: string): EventRef {
  const [, hook = '', key = ''] = name.split('/');
  return { hook, key };
}

function parseMarker(name: string): Marker {
  const [, at = '', hook = '', key = ''] = name.split('/');
  return { name, at: Number(at), hook, key };
}
