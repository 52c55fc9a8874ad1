// A route for one method, which tells those who use another what would be right.

import type { Context, Hono } from 'hono';
import { ServiceError } from '../errors.ts';
import type { Env } from './settings.ts';

type Handler = (c: Context<{ Bindings: Env }>) => Response | Promise<Response>;

export function method(app: Hono<{ Bindings: Env }>, allowed: 'GET' | 'POST', path: string, handler: Handler): void {
  app.on(allowed, path, handler);
  app.all(path, (c) => {
    c.header('allow', allowed);
    throw new ServiceError('method_not_allowed', `${c.req.method} does not go with ${c.req.path}; ${allowed} it`);
  });
}
