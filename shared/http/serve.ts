// Tasks as a Worker. `serve(task)` is a whole Worker for one task, `serve(...tasks)` one for many: same code, same routes.

import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import { ServiceError } from '../errors.ts';
import { type AnyTask, answer, type Call, type RequestContext } from './answer.ts';
import { addCatalogueRoutes } from './catalogue-routes.ts';
import { toErrorResponse } from './errors.ts';
import { isolateOf } from './isolate.ts';
import { method } from './method.ts';
import { toOpenApi } from './openapi.ts';
import { addProbes } from './probes.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';

export function serve(...tasks: readonly AnyTask[]): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.use(requestId());
  app.onError(toErrorResponse);
  app.notFound((c) => toErrorResponse(unknownRoute(c.req.path, tasks), c));
  for (const task of tasks) {
    const names = [task.name, ...task.aliases];
    for (const name of names) method(app, 'POST', `/v1/${name}`, (c) => answer(c, { task }));
    if (task.family)
      method(app, 'POST', `/v1/:name{${task.family.pattern}}`, (c) =>
        answer(c, toCall(c.req.param('name') ?? '', tasks)),
      );
  }
  method(app, 'POST', '/models/:path{.+}', async (c) => {
    const [model, name] = (c.req.param('path') ?? '').split('/pipeline/');
    const call = name === undefined ? { task: await taskOfModel(c, model ?? '', tasks) } : toCall(name, tasks);
    return answer(c, { ...call, named: model });
  });
  method(app, 'GET', '/openapi.json', (c) => c.json(toOpenApi(tasks)));
  addCatalogueRoutes(app, tasks);
  addProbes(app, tasks);
  return app;
}

async function taskOfModel(c: RequestContext, name: string, tasks: readonly AnyTask[]): Promise<AnyTask> {
  const manifest = await isolateOf(c.env).manifests.read(name, sourceOf(c));
  const task = tasks.find((each) => each.name === manifest.task);
  if (task) return task;
  throw new ServiceError('invalid_input', `model ${name} serves ${manifest.task}, which this Worker does not offer`);
}

function toCall(name: string, tasks: readonly AnyTask[]): Call {
  const task = tasks.find((each) => each.name === name || each.aliases.includes(name));
  if (task) return { task };
  const member = tasks.find(({ family }) => family && new RegExp(`^${family.pattern}$`).test(name));
  if (member) return { task: member, parameters: member.family?.parametersOf(name) };
  throw new ServiceError(
    'not_found',
    `there is no task ${name}; this Worker serves ${tasks.map((each) => each.name).join(', ')}`,
  );
}

function unknownRoute(path: string, tasks: readonly AnyTask[]): ServiceError {
  const routes = tasks.map(({ name }) => `/v1/${name}`).join(', ');
  return new ServiceError(
    'not_found',
    `there is nothing at ${path}; this Worker serves ${routes}, and GET /openapi.json says what they take`,
  );
}
