// npm run hooks -- check | publish | remove | list | schema | send | listen | show | dead | redeliver

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Hook, parseHook, toHookJsonSchema } from '../shared/webhooks/hook.ts';
import { withStore } from './commands/with-store.ts';
import { readExample, readHooks, secretsOf } from './hooks/hook-files.ts';
import { ADMIN_TOKEN, ensureSecrets, readSecrets } from './hooks/local-secrets.ts';
import { type HookStore, publishedHooks, publishHooks, removeHooks } from './hooks/publish-hooks.ts';
import { listen } from './hooks/receiver.ts';
import { signedHeaders } from './hooks/sender.ts';

const HELP = `npm run hooks -- <command> …

  check [file …]           say what is wrong with hooks, or nothing
  publish [file …]         put hooks into R2, where the Worker finds them; those that ship without a file
  remove name …            take hooks out again; events that are stored stay
  list                     the hooks that are published
  schema                   the JSON Schema of a hook's file

  send name [file]         sign an event as its sender would and post it; the example of a shipped hook without a file
  listen [--port 8788]     a receiver on this machine that prints deliveries and says whether they are genuine
  show name id             what became of an event
  dead name                events that were given up
  redeliver name           send those again

  --remote         the bucket of your Cloudflare account that wrangler.toml names, instead of the local one
  --origin         of the running service; http://127.0.0.1:8787, or the PORT of the environment. Secrets are read from the environment, then from .dev.vars, to which
                   publishing into the local R2 adds those that are missing
  --help           this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    remote: { type: 'boolean', default: false },
    origin: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? '8787'}` },
    port: { type: 'string', default: '8788' },
    help: { type: 'boolean', default: false },
  },
});
const [command = '', ...rest] = positionals;
const [name = '', second] = rest;

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  check: async () => void (await readHooks(rest, !values.remote)),
  publish: async () => {
    const files = await readHooks(rest, !values.remote);
    if (!values.remote) await ensureSecrets(files.flatMap(({ hook }) => secretsOf(hook)));
    await withBucket((store) => publishHooks(store, files));
    for (const { hook } of files) console.log(`${hook.name} published`);
    if (values.remote)
      console.log(`secrets it needs: ${[...new Set(files.flatMap(({ hook }) => secretsOf(hook)))].join(', ')}`);
  },
  remove: async () => console.log((await withBucket((store) => removeHooks(store, rest))).join('\n')),
  list: async () => console.log(JSON.stringify(await withBucket(publishedHooks), null, 2)),
  schema: async () => console.log(JSON.stringify(toHookJsonSchema(), null, 2)),
  send: async () => console.log(await send(await published(name), second)),
  listen: async () => listen(Number(values.port), async () => [...(await readSecrets()).values()]),
  show: () => ask('GET', `deliveries/${encodeURIComponent(second ?? '')}`),
  dead: () => ask('GET', 'dead'),
  redeliver: async () => {
    while (hasMore(await ask('POST', 'redeliver')));
  },
};

const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (values.help) console.log(HELP);
else if (!run) {
  console.error(`${command ? `there is no command ${command}` : 'a command is missing'}\n\n${HELP}`);
  process.exitCode = 2;
} else {
  await run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

function withBucket<T>(use: (store: HookStore) => Promise<T>): Promise<T> {
  return withStore(values, use);
}

async function published(wanted: string): Promise<Hook> {
  const hooks = await withBucket(publishedHooks);
  const found = hooks.map((json) => parseHook(json, true)).find((hook) => hook.name === wanted);
  if (found) return found;
  throw new Error(`no hook ${wanted} is published; npm run hooks -- list shows those that are`);
}

async function secret(wanted: string): Promise<string> {
  const value = process.env[wanted] ?? (await readSecrets()).get(wanted);
  if (value) return value;
  throw new Error(`${wanted} is neither in the environment nor in .dev.vars`);
}

async function send(hook: Hook, file: string | undefined): Promise<string> {
  const body = file === undefined ? await readExample(hook.name) : await readFile(file, 'utf8');
  if (body === undefined) throw new Error(`there is no example for ${hook.name}; name a file with an event`);
  const headers = signedHeaders(hook, await secret(hook.signature.secrets[0] ?? ''), body, Date.now());
  const response = await fetch(`${values.origin}/webhooks/${hook.name}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  return `${response.status} ${await response.text()}`;
}

/** Asks the running service as its administrator, and prints what it says. */
async function ask(method: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${await secret(ADMIN_TOKEN)}` };
  const response = await fetch(`${values.origin}/webhooks/${name}/${path}`, { method, headers });
  const answer: unknown = await response.json();
  console.log(JSON.stringify(answer, null, 2));
  if (!response.ok) process.exitCode = 1;
  return answer;
}

const hasMore = (answer: unknown) =>
  typeof answer === 'object' && answer !== null && 'more' in answer && answer.more === true;
