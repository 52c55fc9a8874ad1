// A hook: who may send events, which text is picked out of them, what classifies it, and where the result goes. It is configuration: a
// JSON file, checked when it is published and when it is loaded. Secrets are named here and lie in the Worker's secrets.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { fields, optional, parse } from '../schema.ts';
import { faultOfUrl } from './destination-url.ts';
import { pointer } from './pointer.ts';
import { STANDARD_RETRIES } from './schedule.ts';
import { pointersOf } from './template.ts';

/** More are not needed to rotate one, and each costs an HMAC of every body. */
export const MAX_SECRETS = 4;
export const DEFAULT_KEEP_DAYS = 30;

/** Bindings and variables of the Worker itself. A variable is no secret, and its own queue would take a result for a wake-up. */
const RESERVED: ReadonlySet<string> = new Set([
  'MODELS',
  'EVENTS',
  'WEBHOOKS',
  'MANIFEST_TTL_SECONDS',
  'WASM_BUDGET_MIB',
  'MAX_BODY_BYTES',
  'MAX_INPUTS',
  'MAX_TOKENS',
  'MAX_NEW_TOKENS',
  'MAX_BEAMS',
  'MAX_DECODER_MIB',
  'MAX_CACHE_MIB',
  'WEBHOOK_BODY_SECONDS',
  'WEBHOOK_GRACE_SECONDS',
  'WEBHOOK_ADMIN_TOKEN',
  'WEBHOOK_LOOPBACK',
]);

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const name = z.string().check(z.regex(NAME, 'must be lower-case letters, digits and hyphens, 64 at most'));
const field = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be a name of letters, digits and _'));
const secret = z.string('must be the name of a secret, such as CONTACT_FORM_SECRET').check(
  z.regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be the name of a secret, such as CONTACT_FORM_SECRET'),
  z.refine((text) => !RESERVED.has(text), "must have another name: that one is the Worker's own"),
);
const secrets = z
  .array(secret, `must be a list of 1 to ${MAX_SECRETS} names of secrets`)
  .check(z.minLength(1), z.maxLength(MAX_SECRETS, `must have ${MAX_SECRETS} names at most`));

const signature = fields({
  scheme: z.enum(
    ['standard-webhooks', 'github', 'stripe', 'slack', 'bearer'],
    'must be standard-webhooks, github, stripe, slack or bearer',
  ),
  secrets,
  tolerance_seconds: optional(z.int('must be whole seconds').check(z.minimum(1), z.maximum(86_400)), null),
});

const rule = fields({
  label: optional(z.union([z.string(), z.array(z.string())], 'must be a label or a list of labels'), null),
  score: optional(z.number('must be a number from 0 to 1').check(z.minimum(0), z.maximum(1)), null),
  to: z.string('must be the name of a destination, nothing, or answer'),
});

const destination = z.union([fields({ url: z.string('must be a URL'), secrets }), fields({ queue: secret })]);
const NO_DESTINATIONS: Readonly<Record<string, Destination>> = {};

const schema = fields({
  $schema: optional(z.string(), null),
  name,
  signature,
  mode: optional(z.enum(['async', 'sync'], 'must be async or sync'), 'async'),
  when: optional(
    z.record(pointer, z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])), 'must map pointers to lists'),
    {},
  ),
  id: optional(pointer, null),
  text: optional(z.union([pointer, z.array(pointer).check(z.minLength(1), z.maxLength(16))]), null),
  template: optional(z.string('must be a text with {/pointers} in it'), null),
  fields: optional(z.record(field, pointer), {}),
  task: z.enum(
    ['text-classification', 'zero-shot-classification', 'token-classification'],
    'must be text-classification, zero-shot-classification or token-classification',
  ),
  model: optional(z.string(), null),
  parameters: optional(z.record(z.string(), z.unknown()), {}),
  rules: optional(z.array(rule), []),
  else: z.string('must be the name of a destination, nothing, or answer'),
  destinations: optional(z.record(name, destination), NO_DESTINATIONS),
  retries_seconds: optional(
    z.array(z.number('must be seconds').check(z.minimum(0), z.maximum(7 * 86_400))).check(z.maxLength(32)),
    [...STANDARD_RETRIES],
  ),
  timeout_seconds: optional(z.number('must be seconds').check(z.minimum(0.1), z.maximum(30)), 15),
  keep_days: optional(z.number('must be days').check(z.minimum(1), z.maximum(3650)), DEFAULT_KEEP_DAYS),
});

export type Hook = z.output<typeof schema>;
export type Destination = z.output<typeof destination>;
export type SchemeName = Hook['signature']['scheme'];

/** Throws `invalid_input` that says which field is wrong. `allowsLoopback`: deliveries may go to this machine, as in development. */
export function parseHook(json: unknown, allowsLoopback: boolean): Hook {
  const hook = parse(schema, json);
  const fault = faultOf(hook, allowsLoopback);
  if (fault) throw new ServiceError('invalid_input', fault);
  return hook;
}

/** The schema of a hook's file as JSON Schema. */
export const toHookJsonSchema = () => z.toJSONSchema(schema, { io: 'input' });

/** What no field's own schema sees. */
function faultOf(hook: Hook, allowsLoopback: boolean): string | undefined {
  const { signature, mode, text, template, rules, destinations, retries_seconds: retries, keep_days: days } = hook;
  if ((text === null) === (template === null))
    return 'text or template must say which text is classified, and not both';
  if (template !== null && pointersOf(template).length === 0) {
    return 'template must have a pointer in braces, such as {/issue/title}';
  }
  if (signature.tolerance_seconds !== null && ['github', 'bearer'].includes(signature.scheme)) {
    return `signature.tolerance_seconds does not go with ${signature.scheme}, which signs no time`;
  }
  if (hook.id !== null && !['github', 'bearer'].includes(signature.scheme)) {
    return `id does not go with ${signature.scheme}, whose events have a signed id of their own`;
  }
  for (const target of [...rules.map((each) => each.to), hook.else]) {
    if (target === 'answer' && mode !== 'sync') return 'answer goes with mode sync only: async has answered before';
    if (target === 'answer' || target === 'nothing' || Object.hasOwn(destinations, target)) continue;
    return `${target} is no destination; there are ${[...Object.keys(destinations), 'nothing', 'answer'].join(', ')}`;
  }
  for (const [key, each] of Object.entries(destinations)) {
    if (key === 'answer' || key === 'nothing') return `destinations.${key} must have another name: that one is taken`;
    const reason = 'url' in each ? faultOfUrl(each.url, allowsLoopback) : undefined;
    if (reason) return `destinations.${key}.url ${reason}`;
  }
  const span = retries.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
  if (days <= span) return `keep_days must be more than the ${span.toFixed(1)} days over which deliveries are retried`;
  const tolerance = (signature.tolerance_seconds ?? 0) / 86_400;
  if (days <= 2 * tolerance) {
    return `keep_days must be more than twice tolerance_seconds: a request is genuine that long, and forgotten it would be new`;
  }
  return undefined;
}
