// The schemes by their names, and those that a request seems to use.

import type { SchemeName } from '../hook.ts';
import { bearer } from './bearer.ts';
import { github } from './github.ts';
import type { Scheme } from './scheme.ts';
import { slack } from './slack.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';

export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = {
  'standard-webhooks': standardWebhooks,
  github,
  stripe,
  slack,
  bearer,
};

/** Those whose header a request has; one that it has not, where it has none. */
export function schemesOf(headers: Headers): readonly SchemeName[] {
  const present = NAMES.filter((name) => headers.has(SCHEMES[name].header));
  return present.length > 0 ? present : ['standard-webhooks'];
}

const NAMES: readonly SchemeName[] = ['standard-webhooks', 'github', 'stripe', 'slack', 'bearer'];
