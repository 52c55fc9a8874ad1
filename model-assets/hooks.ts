// npm run hooks -- check | publish | remove | list | schema | send | listen | show | dead | redeliver

import { readFile } from 'node:fs/promises';
import { type Hook, parseHook, toHookJsonSchema } from '../shared/webhooks/hook.ts';
import { CommandFailed, countOf, exactly, parseLine, report, UsageError } from './commands/command.ts';
import { withStore } from './commands/with-store.ts';
import { readExample, readHooks, secretsOf } from './hooks/hook-files.ts';
import { ADMIN_TOKEN, ensureSecrets, readSecrets } from './hooks/local-secrets.ts';
import { publishedHooks, publishHooks, removeHooks } from './hooks/publish-hooks.ts';
import { listen } from './hooks/receiver.ts';
import { signedHeaders } from './hooks/sender.ts';
import { reasonOf } from './reason.ts';

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
  redeliver name           send those again, each once

  --remote         the bucket of your Cloudflare account that wrangler.toml names, instead of the local one
  --origin         of the running service; http://127.0.0.1:8787, or the PORT of the environment. Secrets are read from the environment, then from .dev.vars, to which
                   publishing into the local R2 adds those that are missing
  --help           this text

It ends with 1 where the service refuses, or there is no such hook, and with 2 where it is called wrongly.`;

const OPTIONS = {
  remote: { type: 'boolean', default: false },
  origin: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? '8787'}` },
  port: { type: 'string', default: '8788' },
  help: { type: 'boolean', default: false },
} as const;
type Options = ReturnType<typeof parseLine<typeof OPTIONS>>['values'];

const COMMANDS: Readonly<Record<string, (names: readonly string[], options: Options) => Promise<unknown>>> = {
  check: (files, { remote }) => readHooks(files, !remote),
  async publish(names, { remote }) {
    const files = await readHooks(names, !remote);
    const secrets = [...new Set(files.flatMap(({ hook }) => secretsOf(hook)))];
    if (!remote) await ensureSecrets(secrets);
    await withStore({ remote }, (store) => publishHooks(store, files));
    for (const { hook } of files) console.log(`${hook.name} published`);
    if (remote) console.log(`secrets it needs: ${secrets.join(', ')}`);
  },
  async remove(names, { remote }) {
    if (names.length === 0) throw new UsageError('it takes the names of hooks');
    const removed = await withStore({ remote }, (store) => removeHooks(store, names));
    for (const name of removed) console.log(`${name} removed`);
    const unknown = names.filter((name) => !removed.includes(name));
    if (unknown.length > 0) throw new CommandFailed(notThere(unknown.join(', ')));
  },
  async list(none, { remote }) {
    exactly(none);
    console.log(JSON.stringify(await withStore({ remote }, publishedHooks), null, 2));
  },
  async schema(none) {
    exactly(none);
    console.log(JSON.stringify(toHookJsonSchema(), null, 2));
  },
  async send([name, file, ...more], options) {
    if (name === undefined || more.length > 0) throw new UsageError('it takes the name of a hook, and a file');
    await send(await published(name, options), file, options);
  },
  async listen(none, { port }) {
    exactly(none);
    return listen(countOf(port, '--port'), async () => [...(await readSecrets()).values()]);
  },
  async show(names, options) {
    const [name = '', id = ''] = exactly(names, 'the name of a hook', 'the id of an event');
    await ask('GET', name, `deliveries/${encodeURIComponent(id)}`, options);
  },
  async dead(names, options) {
    const [name = ''] = exactly(names, 'the name of a hook');
    await ask('GET', name, 'dead', options);
  },
  async redeliver(names, options) {
    const [name = ''] = exactly(names, 'the name of a hook');
    // Behind those that were sent again, for they may be dead once more.
    let next = nextOf(await ask('POST', name, 'redeliver', options));
    while (next !== undefined) {
      next = nextOf(await ask('POST', name, `redeliver?after=${encodeURIComponent(next)}`, options));
    }
  },
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseLine(args, OPTIONS);
    const [command = '', ...rest] = positionals;
    const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (values.help || command === 'help') console.log(HELP);
    else if (run) await run(rest, values);
    else throw new UsageError(command ? `there is no command ${command}` : 'a command is missing');
    return 0;
  } catch (error) {
    return report(error, 'hooks', HELP);
  }
}

function notThere(name: string): string {
  return `no hook ${name} is published; npm run hooks -- list shows those that are`;
}

async function published(wanted: string, { remote }: Options): Promise<Hook> {
  const hooks = await withStore({ remote }, publishedHooks);
  const found = hooks.map((json) => parseHook(json, true)).find((hook) => hook.name === wanted);
  if (found) return found;
  throw new CommandFailed(notThere(wanted));
}

async function secret(wanted: string): Promise<string> {
  const value = process.env[wanted] ?? (await readSecrets()).get(wanted);
  if (value) return value;
  throw new Error(`${wanted} is neither in the environment nor in .dev.vars`);
}

async function send(hook: Hook, file: string | undefined, { origin }: Options): Promise<void> {
  const body = file === undefined ? await readExample(hook.name) : await readFile(file, 'utf8');
  if (body === undefined) throw new Error(`there is no example for ${hook.name}; name a file with an event`);
  const headers = signedHeaders(hook, await secret(hook.signature.secrets[0] ?? ''), body, Date.now());
  const response = await request(origin, hook.name, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  console.log(`${response.status} ${await response.text()}`);
  if (!response.ok) throw new CommandFailed(`${hook.name} was not taken`);
}

async function request(origin: string, path: string, init: RequestInit): Promise<Response> {
  return fetch(`${origin}/webhooks/${path}`, init).catch((cause: unknown) => {
    throw new Error(`nothing answers at ${origin} (${reasonOf(cause)}); start it with npm start`, { cause });
  });
}

/** Asks the running service as its administrator, and prints what it says. Throws where that is no success. */
async function ask(method: string, name: string, path: string, { origin }: Options): Promise<unknown> {
  const headers = { authorization: `Bearer ${await secret(ADMIN_TOKEN)}` };
  const response = await request(origin, `${name}/${path}`, { method, headers });
  const answer: unknown = await response.json().catch((cause: unknown) => {
    throw new Error(`${origin} answers ${response.status} with what is no JSON; --origin names the service`, { cause });
  });
  console.log(JSON.stringify(answer, null, 2));
  if (!response.ok) throw new CommandFailed(`the service answers ${response.status}`);
  return answer;
}

function nextOf(answer: unknown): string | undefined {
  const next = typeof answer === 'object' && answer !== null && 'next' in answer ? answer.next : undefined;
  return typeof next === 'string' ? next : undefined;
}
