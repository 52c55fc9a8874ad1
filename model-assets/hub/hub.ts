// The Hub over HTTP: where it is, who asks, and what it means when it refuses.

import { type Answer, type Exchange, exchange } from '../exchange.ts';
import { reasonOf } from '../reason.ts';
import { PATIENCE, type Patience, retryAfter, Transient } from '../transient.ts';
import { SLOWEST, type Slowest } from '../watch.ts';

export interface Hub {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly patience: Patience;
  readonly slowest: Slowest;
}

/** By HF_ENDPOINT and HF_TOKEN, as of huggingface_hub. */
export function hubOf(env: NodeJS.ProcessEnv): Hub {
  return {
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    token: env.HF_TOKEN || undefined,
    patience: PATIENCE,
    slowest: SLOWEST,
  };
}

/** Hops that the Hub's own storage does not need. */
const MOST_REDIRECTS = 8;

export interface Asked {
  readonly response: Answer;
  /** Of all answers on the way, the Hub's own first: it tells a file's hash before it sends elsewhere. */
  readonly headers: readonly Headers[];
}

/** One request, wherever it is sent on to. Throws `Transient` where another may go well, and else what the Hub means, with the cure. */
export async function ask(
  { endpoint, token }: Hub,
  path: string,
  what: string,
  init: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Asked> {
  const headers: Headers[] = [];
  const visited: string[] = [];
  let url = new URL(`${endpoint}${path}`);
  for (;;) {
    if (visited.includes(url.href) || visited.length > MOST_REDIRECTS) {
      throw new Error(
        `${what}: the Hub sends round in a circle (${[...visited, url.href].map(hostAndPath).join(' -> ')})`,
      );
    }
    visited.push(url.href);
    // The token is the Hub's alone; it is no business of the storage that it sends on to.
    const isHub = url.origin === new URL(endpoint).origin;
    const response = await fetchOnce(url, what, {
      ...init,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'edge-pipelines',
        ...(isHub && token && { authorization: `Bearer ${token}` }),
        ...init.headers,
      },
    });
    headers.push(response.headers);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (response.isOk || response.status === 416) return { response, headers };
      throw await refusal(response, what, token !== undefined, endpoint);
    }
    await response.bytes().catch(() => undefined);
    url = new URL(location, url);
  }
}

async function fetchOnce(url: URL, what: string, init: Omit<Exchange, 'method'>): Promise<Answer> {
  try {
    return await exchange(url, { ...init, method: 'GET' });
  } catch (cause) {
    throw new Transient(`${what}: ${url.host} does not answer (${reasonOf(cause)})`, { cause });
  }
}

const hostAndPath = (href: string) => href.replace(/^\w+:\/\//, '').replace(/\?.*$/, '');

/** By the status, and by what the Hub says more in X-Error-Code. */
async function refusal(response: Answer, what: string, hasToken: boolean, endpoint: string): Promise<Error> {
  const { status, headers } = response;
  const code = headers.get('x-error-code') ?? '';
  const said = headers.get('x-error-message') ?? '';
  await response.bytes().catch(() => undefined);
  if (status === 429 || status >= 500) {
    const wait = retryAfter(headers.get('retry-after'));
    return new Transient(`${what}: the Hub answers ${status}${status === 429 ? ', too many requests' : ''}`, { wait });
  }
  const cure = cureOf(status, code, hasToken, endpoint);
  return new Error(`${what}: the Hub answers ${status}${code && ` ${code}`}${said && `, ${said}`} (${cure})`);
}

function cureOf(status: number, code: string, hasToken: boolean, endpoint: string): string {
  if (code === 'GatedRepo') {
    return `it is gated: ask for access on its page at ${endpoint}${hasToken ? '' : ', and give a token of yours as HF_TOKEN'}`;
  }
  if (code === 'RevisionNotFound') return 'it has no such branch, tag or commit; --revision names another';
  if (code === 'EntryNotFound') return 'it has no such file';
  if (code === 'RepoNotFound' || status === 401) {
    return hasToken
      ? 'there is none of this name, or the token in HF_TOKEN may not read it'
      : 'there is none of this name, or it is private: HF_TOKEN then gives a token that may read it';
  }
  if (status === 403) return 'the token in HF_TOKEN may not read it';
  if (status === 404) return `there is none of this name at ${endpoint}; it is owner/name`;
  return 'this is no answer that is expected';
}
