// Secrets of local development, in .dev.vars, from which `wrangler dev` gives them to the Worker. The file is ignored by git.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

const FILE = join(import.meta.dirname, '..', '..', '.dev.vars');

export const ADMIN_TOKEN = 'WEBHOOK_ADMIN_TOKEN';
const LOOPBACK = 'WEBHOOK_LOOPBACK';

/** By their names, as dotenv reads them for wrangler: with spaces, in quotes of each kind, behind `export`; the last of a name counts. */
export async function readSecrets(file = FILE): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return new Map(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? '']));
}

/** Draws those that are missing, and lets deliveries go to this machine; what is there stays. */
export async function ensureSecrets(names: readonly string[], file = FILE): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const known = await readSecrets(file);
  const missing = [...new Set([...names, ADMIN_TOKEN])].filter((name) => !known.has(name));
  // 24 bytes are 32 letters, which fit every scheme.
  const drawn = missing.map((name) => `${name}="whsec_${randomBytes(24).toString('base64')}"`);
  const lines = [...drawn, ...(known.has(LOOPBACK) ? [] : [`${LOOPBACK}="true"`])];
  if (lines.length === 0) return;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  await writeFile(file, `${before}${lines.join('\n')}\n`, { mode: 0o600 });
}
