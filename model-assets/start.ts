// npm start: publishes what ships into the local R2, serves on loopback, and says so once it can answer. As soon as it serves it is the
// clock: nothing else here fires the Worker's cron.

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tick } from './hooks/clock.ts';
import { untilReady, untilRunning } from './ready.ts';

const ROOT = join(import.meta.dirname, '..');
const PORT = process.env.PORT ?? '8787';
const ORIGIN = `http://127.0.0.1:${PORT}`;

for (const script of ['models.ts', 'hooks.ts']) {
  const published = spawnSync(process.execPath, [join(import.meta.dirname, script), 'publish'], { stdio: 'inherit' });
  if (published.status !== 0) process.exit(published.status ?? 1);
}

const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
const flags = [
  '--ip',
  '127.0.0.1',
  '--port',
  PORT,
  '--inspector-port',
  '0',
  '--show-interactive-dev-session=false',
  '--log-level',
  'warn',
];
const server = spawn(process.execPath, [wrangler, 'dev', ...flags], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 0));
// The shell between npm and this script dies of a signal without passing it on, and is missed here by another parent.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && server.kill('SIGTERM'), 200).unref();

await untilRunning(ORIGIN);
// Events that were under way when it was last stopped are taken up before anything else comes.
await tick(ORIGIN);
setInterval(() => tick(ORIGIN), 60_000).unref();
await untilReady(ORIGIN);
console.log(`
ready on ${ORIGIN} — try

  curl ${ORIGIN}/v1/text-classification -H 'content-type: application/json' -d '{"inputs": "I love it"}'

or a webhook: npm run hooks -- listen, and beside it npm run hooks -- send review-sentiment
`);
