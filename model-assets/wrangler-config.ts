// What wrangler.toml says that the tools must know too: one place names the bucket and the bounds.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod/mini';
import { DEFAULTS } from '../shared/model/defaults.ts';

export const ROOT = join(import.meta.dirname, '..');
/** Where `wrangler dev --persist-to` a folder keeps what is local. */
export const stateIn = (folder: string) => join(folder, 'v3');
/** The same where no folder is given. */
export const STATE = stateIn(join(ROOT, '.wrangler', 'state'));

const schema = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  vars: z._default(z.record(z.string(), z.union([z.string(), z.number()])), {}),
});

export interface WranglerConfig {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Of the bucket that the Worker calls MODELS. */
  readonly bucket: string;
  readonly vars: Readonly<Record<string, string>>;
  /** MANIFEST_TTL_SECONDS, in milliseconds. */
  readonly manifestTtl: number;
  /** WASM_BUDGET_MIB. */
  readonly wasmBudget: number;
}

/** Throws where it names no bucket for MODELS, or a variable is not what the Worker takes. */
export function readWranglerConfig(path = join(ROOT, 'wrangler.toml')): WranglerConfig {
  const config = schema.parse(parse(readFileSync(path, 'utf8')));
  const bucket = config.r2_buckets.find(({ binding }) => binding === 'MODELS')?.bucket_name;
  if (bucket === undefined) throw new Error('wrangler.toml has no [[r2_buckets]] whose binding is MODELS');
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bucket,
    vars: Object.fromEntries(Object.entries(config.vars).map(([name, value]) => [name, String(value)])),
    manifestTtl: numberOf(config.vars, 'MANIFEST_TTL_SECONDS') * 1000,
    wasmBudget: numberOf(config.vars, 'WASM_BUDGET_MIB'),
  };
}

/** What the Worker goes by. */
function numberOf(vars: Readonly<Record<string, string | number>>, name: keyof typeof DEFAULTS): number {
  const value = vars[name] ?? DEFAULTS[name];
  const parsed = Number(value);
  if (String(value).trim() !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed;
  throw new Error(`${name} of wrangler.toml is "${value}"; it must be a number from 0`);
}
