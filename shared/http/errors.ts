// Errors to answers. The only place that knows status numbers.

import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorCode, ServiceError } from '../errors.ts';

const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  malformed_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  overloaded: 429,
  internal: 500,
  model_unavailable: 502,
};

/** What nginx's logs call it; no standard status says it. */
const CLIENT_CLOSED_REQUEST = 499;

/** Seconds after which an overloaded isolate may be asked again. */
const RETRY_AFTER = '1';

/** Answers an error in the shape of the wire contract. What is not a `ServiceError` is logged, and its text kept inside. */
export function toErrorResponse(error: unknown, c: Context): Response {
  // The client has left: its own going away is no failure, and nobody reads the answer.
  if (c.req.raw.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
  const body = toErrorBody(error, c.get('requestId'));
  if (body.error_type === 'overloaded') c.header('retry-after', RETRY_AFTER);
  return c.json(body, STATUS[body.error_type]);
}

/** What a client is told of an error, and what the log is. */
export function toErrorBody(error: unknown, requestId: string) {
  const known = error instanceof ServiceError && error.code !== 'internal';
  if (!known) console.error(`request ${requestId} failed`, error);
  if (known && error.cause !== undefined) console.warn(`request ${requestId}: ${error.message}`, error.cause);
  const message = known ? error.message : 'something failed inside; the log has it under this request id';
  const code: ErrorCode = known ? error.code : 'internal';
  return { error: message, error_type: code, request_id: requestId };
}
