// Tasks as a Worker. `serve(task)` is a whole Worker for one task, `serve(...tasks)` one for many: same code, same routes.

import { Hono, type Context as HonoContext } from 'hono';
import { requestId } from 'hono/request-id';
import { ServiceError } from '../errors.ts';
import { Meter } from '../meter.ts';
import type { Lease } from '../model/model-store.ts';
import type { TextModel } from '../model/tokenizer-store.ts';
import { parse } from '../schema.ts';
import type { Limits, Task } from '../task.ts';
import { readJson } from './body.ts';
import { addCatalogueRoutes } from './catalogue-routes.ts';
import { toErrorResponse } from './errors.ts';
import { isolateOf } from './isolate.ts';
import { method } from './method.ts';
import { toOpenApi } from './openapi.ts';
import { addProbes } from './probes.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';

/** Any task, whatever it takes and gives: its own schema stands between it and the wire. */
// biome-ignore lint/suspicious/noExplicitAny: `run` is contravariant in its input, so no narrower type takes them all
export type AnyTask = Task<any, any, any>;
type RequestContext = HonoContext<{ Bindings: Env }>;

export function serve(...tasks: readonly AnyTask[]): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.use(requestId());
  app.onError(toErrorResponse);
  app.notFound((c) => toErrorResponse(unknownRoute(c.req.path, tasks), c));
  for (const task of tasks) {
    for (const name of [task.name, ...task.aliases]) method(app, 'POST', `/v1/${name}`, (c) => answer(c, task));
  }
  method(app, 'POST', '/models/:path{.+}', async (c) => {
    const [model, name] = (c.req.param('path') ?? '').split('/pipeline/');
    return answer(c, name === undefined ? await taskOfModel(c, model ?? '', tasks) : findTask(name, tasks), model);
  });
  method(app, 'GET', '/openapi.json', (c) => c.json(toOpenApi(tasks)));
  addCatalogueRoutes(app, tasks);
  addProbes(app, tasks);
  return app;
}

/** One request of one task, from its body to its answer. `named`: the model in the path, which goes before the body's. */
async function answer(c: RequestContext, task: AnyTask, named?: string): Promise<Response> {
  const { settings } = isolateOf(c.env);
  const { model, ...body } = toObject(await readJson(c.req.raw, settings.limits.maxBodyBytes));
  checkCount(body, settings.limits);
  const input = parse(task.input, body);
  const meter = new Meter();
  const lease = await acquire(c, task, named ?? toModelName(model), meter);
  try {
    const warn = (message: string) => c.header('warning', toWarning(message), { append: true });
    const context = { signal: c.req.raw.signal, meter, limits: settings.limits, warn };
    const output = await task.run(input, lease.model, context);
    c.header('server-timing', meter.toHeader());
    return c.json(output);
  } finally {
    lease.release();
  }
}

async function acquire(
  c: RequestContext,
  task: AnyTask,
  named: string | undefined,
  meter: Meter,
): Promise<Pick<Lease, 'release'> & { readonly model: TextModel }> {
  const { manifests, models, tokenizers } = isolateOf(c.env);
  const source = sourceOf(c, meter);
  const name = named ?? (await manifests.readCatalogue(source)).defaults[task.name];
  if (name === undefined)
    throw new ServiceError('not_found', `no model is published for ${task.name}; name one in "model"`);
  if (task.models === 'tokenizer') return { model: await tokenizers.open(name, source), release: () => undefined };
  const manifest = await manifests.read(name, source);
  if (task.models === 'own' && manifest.task !== task.name) {
    throw new ServiceError(
      'invalid_input',
      `model ${name} serves ${manifest.task}, not ${task.name}; GET /v1/models lists all`,
    );
  }
  return models.acquire(name, source);
}

async function taskOfModel(c: RequestContext, name: string, tasks: readonly AnyTask[]): Promise<AnyTask> {
  const manifest = await isolateOf(c.env).manifests.read(name, sourceOf(c));
  const task = tasks.find((each) => each.name === manifest.task);
  if (task) return task;
  throw new ServiceError('invalid_input', `model ${name} serves ${manifest.task}, which this Worker does not offer`);
}

function findTask(name: string, tasks: readonly AnyTask[]): AnyTask {
  const task = tasks.find((each) => each.name === name || each.aliases.includes(name));
  if (task) return task;
  throw new ServiceError(
    'not_found',
    `there is no task ${name}; this Worker serves ${tasks.map((each) => each.name).join(', ')}`,
  );
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

/** RFC 7234's miscellaneous warning. A header is ASCII: everything else is escaped as JSON would. */
function toWarning(message: string): string {
  const escaped = JSON.stringify(message).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `199 - ${escaped}`;
}

function checkCount({ inputs }: Record<string, unknown>, { maxInputs }: Limits): void {
  if (Array.isArray(inputs) && inputs.length > maxInputs) {
    throw new ServiceError('too_large', `inputs has ${inputs.length} entries; one request takes ${maxInputs}`);
  }
}

function unknownRoute(path: string, tasks: readonly AnyTask[]): ServiceError {
  const routes = tasks.map(({ name }) => `/v1/${name}`).join(', ');
  return new ServiceError(
    'not_found',
    `there is nothing at ${path}; this Worker serves ${routes}, and GET /openapi.json has all`,
  );
}
