// Whether a request is a genuine event of a hook. What is computed depends on the request alone: each scheme whose header it has is gone
// through, with the hook's secrets where the scheme is the hook's, and without any where it is not, or where there is no hook.

import { type Desk, secretsOf } from './desk.ts';
import type { Hook } from './hook.ts';
import type { Claim } from './signatures/scheme.ts';
import { SCHEMES, schemesOf } from './signatures/schemes.ts';
import { verify } from './signatures/verify.ts';

/** The tolerance that the senders' own libraries have, in seconds. */
const TOLERANCE = 300;

/** What the request proved; undefined where it proved nothing. */
export async function authenticate(
  { env }: Desk,
  hook: Hook | undefined,
  headers: Headers,
  body: Uint8Array,
): Promise<Claim | undefined> {
  let claim: Claim | undefined;
  for (const name of schemesOf(headers)) {
    const secrets = hook && hook.signature.scheme === name ? secretsOf(env, hook.signature.secrets) : [];
    const tolerance = hook?.signature.tolerance_seconds ?? TOLERANCE;
    claim = (await verify({ scheme: SCHEMES[name], secrets, tolerance, headers, body, now: Date.now() })) ?? claim;
  }
  return claim;
}
