// One request of one task, from its body to its answer.

import type { Context as HonoContext } from 'hono';
import { ServiceError } from '../errors.ts';
import { Meter } from '../meter.ts';
import { parse } from '../schema.ts';
import type { Context, Task } from '../task.ts';
import { acquire } from './acquire.ts';
import { readJson } from './body.ts';
import { checkLists } from './check-lists.ts';
import { isolateOf } from './isolate.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';
import { EVENT_STREAM, streamEvents } from './stream.ts';
import { createWarn } from './warnings.ts';

/** Any task, whatever it takes and gives: its own schema stands between it and the wire. */
// biome-ignore lint/suspicious/noExplicitAny: `run` is contravariant in its input, so no narrower type takes them all
export type AnyTask = Task<any, any, any>;
export type RequestContext = HonoContext<{ Bindings: Env }>;

/** What a route asks for. */
export interface Call {
  readonly task: AnyTask;
  /** Parameters that the route's name says, under those of the body. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** The model in the path, which goes before the body's. */
  readonly named?: string | undefined;
}

/** One request of one task, from its body to its answer. */
export async function answer(c: RequestContext, call: Call): Promise<Response> {
  const { settings, caches } = isolateOf(c.env);
  const body = toObject(await readJson(c.req.raw, settings.limits.maxBodyBytes));
  const answered = run(c, call, body, { limits: settings.limits, caches });
  // What runs for a client that leaves ends where it stands, unless the runtime is told to wait: a model would stay in use for ever.
  c.executionCtx.waitUntil(answered.catch(() => undefined));
  return answered;
}

async function run(
  c: RequestContext,
  { task, parameters, named }: Call,
  { model, ...body }: Record<string, unknown>,
  { limits, caches }: Pick<Context, 'limits' | 'caches'>,
): Promise<Response> {
  checkLists(body, limits);
  const input = parse(task.input, parameters ? withParameters(body, parameters) : body, ['model']);
  const meter = new Meter();
  const name = named ?? toModelName(model);
  const lease = await acquire(isolateOf(c.env), task, name, sourceOf(c, meter));
  const warn = createWarn((header) => c.header('warning', header, { append: true }));
  const reader = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, reader.signal]);
  const context = { signal, meter, limits, caches, isDefault: name === undefined, warn };
  try {
    const events = task.stream?.(input, lease.model, context);
    if (events) {
      const waitUntil = (promise: Promise<void>) => c.executionCtx.waitUntil(promise);
      const options = {
        requestId: c.get('requestId'),
        onEnd: lease.release,
        reader,
        signal: context.signal,
        waitUntil,
      };
      return c.newResponse(await streamEvents(events, options), { headers: EVENT_STREAM });
    }
    const output = await task.run(input, lease.model, context);
    c.header('server-timing', meter.toHeader());
    lease.release();
    return c.json(output);
  } catch (error) {
    lease.release();
    throw error;
  }
}

function toObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new ServiceError('invalid_input', 'the body must be a JSON object, such as {"inputs": "I love it"}');
}

function toModelName(model: unknown): string | undefined {
  if (model === undefined || model === null) return undefined;
  if (typeof model === 'string') return model;
  throw new ServiceError('invalid_input', 'model must be a string: the name of a model that GET /v1/models lists');
}

/** The body says more than the route. Where its parameters are no object the schema says so. */
function withParameters(
  body: Record<string, unknown>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { parameters = {} } = body;
  if (typeof parameters !== 'object' || Array.isArray(parameters)) return body;
  return { ...body, parameters: { ...more, ...parameters } };
}
