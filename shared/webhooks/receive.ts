// One event from its request to its answer: is it genuine, which text is meant, is it stored.

import { ServiceError } from '../errors.ts';
import type { RequestContext } from '../http/answer.ts';
import { readBytes } from '../http/body.ts';
import { authenticate } from './authenticate.ts';
import { checkDecidable, decide } from './decide.ts';
import type { Desk } from './desk.ts';
import { type Decision, finished, isFinished, keyOf, type StoredEvent, sha256 } from './event.ts';
import { markerOf } from './event-store.ts';
import type { Hook } from './hook.ts';
import { parsePayload } from './payload.ts';
import { isMeant, pickFields, pickTexts } from './pick.ts';
import { resolve } from './pointer.ts';
import { queueDelay } from './schedule.ts';
import type { Claim } from './signatures/scheme.ts';
import { SCHEMES } from './signatures/schemes.ts';

/** Throws `unauthorized` for whatever is not genuine, and for a hook that does not exist, in the same way. */
export async function receive(c: RequestContext, desk: Desk, name: string): Promise<Response> {
  const { headers } = c.req.raw;
  const body = await readInTime(c.req.raw, desk);
  const hook = await desk.find(name);
  const claim = await authenticate(desk, hook, headers, body);
  if (!hook || !claim) throw new ServiceError('unauthorized', 'the request is not signed as it must be');

  const scheme = SCHEMES[hook.signature.scheme];
  const payload = parsePayload(headers.get('content-type'), body);
  const handshake = scheme.handshake?.(headers, payload);
  if (handshake) return c.json(handshake);
  if (!isMeant(hook, payload)) return c.json({ status: 'ignored' });
  const id = await idOf(hook, scheme.idPointer, claim, payload, body);
  const answered = take(c, desk, hook, id, payload).catch(async (error) => {
    const first = await firstAnswer(c, desk, hook, id);
    if (first) return first;
    throw error;
  });
  // For a sender that leaves, as in answer.ts: neither shall a model stay in use, nor half an event be stored.
  c.executionCtx.waitUntil(answered.catch(() => undefined));
  return answered;
}

async function take(c: RequestContext, desk: Desk, hook: Hook, id: string, payload: unknown): Promise<Response> {
  const texts = pickTexts(hook, payload);
  checkDecidable(desk, hook, texts);
  const event = { ...newEvent(hook, id), texts, fields: pickFields(hook, payload) };
  return hook.mode === 'sync' ? answerWithResult(c, desk, hook, event) : answerAccepted(c, desk, event);
}

/** Of an event that is there: hooks and models may have changed since in such a way that they would not take it now. */
async function firstAnswer(c: RequestContext, desk: Desk, hook: Hook, id: string): Promise<Response | undefined> {
  const ref = { hook: hook.name, key: await keyOf(id) };
  const event = (await desk.store.read(ref))?.event;
  if (!event) return undefined;
  if (hook.mode === 'sync') return event.decision ? c.json(toAnswer(id, event.decision)) : undefined;
  return answerAccepted(c, desk, event);
}

async function readInTime(request: Request, { isolate, settings: { bodyTimeout } }: Desk): Promise<Uint8Array> {
  const body = readBytes(request, isolate.settings.limits.maxBodyBytes);
  const read = new AbortController();
  const late = scheduler.wait(bodyTimeout, { signal: read.signal }).then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([body, late]).finally(() => read.abort());
  if (first) return first;
  body.catch(() => undefined);
  throw new ServiceError('request_timeout', `the body was not there after ${bodyTimeout / 1000} s; send it at once`);
}

/** The id that the sender signed; where it signed none, what it signed: a header beside the signature could be anybody's. */
async function idOf(
  hook: Hook,
  idPointer: string | undefined,
  claim: Claim,
  payload: unknown,
  body: Uint8Array,
): Promise<string> {
  if (claim.id !== undefined) return claim.id;
  const path = hook.id ?? idPointer;
  const value = path === undefined ? undefined : resolve(payload, path);
  if (typeof value === 'string' && value !== '') return ID.test(value) ? value : `id_${await hashOf(value)}`;
  // Larger ones are not what was written any more: two events would be one.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}`;
  if (hook.id !== null)
    throw new ServiceError(
      'invalid_input',
      `${hook.id} of the payload must be the event's id: a string, or a whole number under 2^53`,
    );
  // The body alone: the time is signed anew when an event is sent again.
  return `body_${await sha256(body)}`;
}

/** What `webhook-id` may be. */
const ID = /^[!-\-/-~]{1,255}$/;
const hashOf = (text: string) => sha256(new TextEncoder().encode(text));

function newEvent(hook: Hook, id: string): Omit<StoredEvent, 'texts' | 'fields'> {
  const now = Date.now();
  const more = { state: 'accepted' as const, tries: 0, decision: null, attempts: [], marker: '' };
  return { format: 1, hook: hook.name, id, acceptedAt: now, dueAt: now, ...more };
}

/** The first answer to an event, and to every repeat of it. */
async function answerAccepted(c: RequestContext, desk: Desk, event: StoredEvent): Promise<Response> {
  await storeOrWake(c, desk, event);
  return c.json({ status: 'accepted', id: event.id }, 202);
}

/** The event is stored with its result: whoever repeats it is told that one, though the model may be another by then. */
async function answerWithResult(c: RequestContext, desk: Desk, hook: Hook, event: StoredEvent): Promise<Response> {
  const decision = await decide(desk, hook, event.texts);
  const decided = { ...event, decision };
  const goesNowhere = decision.to === 'answer' || decision.to === 'nothing';
  const known = await storeOrWake(c, desk, goesNowhere ? finished(decided, 'settled') : decided);
  return c.json(toAnswer(event.id, known?.decision ?? decision));
}

function toAnswer(id: string, { task, model, revision, results, rule, to }: Decision) {
  return { id, task, model, revision, results, rule, to };
}

/** Stores the event, or gives the one that is there. Either is woken up unless it is finished. */
async function storeOrWake(c: RequestContext, desk: Desk, event: StoredEvent): Promise<StoredEvent | undefined> {
  const ref = { hook: event.hook, key: await keyOf(event.id) };
  const marker = isFinished(event) ? '' : markerOf(ref, event.dueAt + desk.settings.grace);
  // Nothing is answered before both are there, so the one may come before the other.
  const [isNew] = await Promise.all([desk.store.create(ref, { ...event, marker }), marker && desk.store.mark(marker)]);
  const known = isNew ? undefined : (await desk.store.read(ref))?.event;
  if (isFinished(known ?? event)) {
    if (marker) await desk.store.unmark([marker]);
    return known;
  }
  const delaySeconds = queueDelay((known ?? event).dueAt, Date.now());
  // Lost, it costs time and not the event.
  const woken = delaySeconds === undefined ? Promise.resolve() : desk.wake([{ ref, delaySeconds }]);
  c.executionCtx.waitUntil(woken.catch((error) => console.error(`event ${ref.hook}/${ref.key} was not queued`, error)));
  return known;
}
