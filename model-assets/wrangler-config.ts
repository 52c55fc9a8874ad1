// What wrangler.toml says that the tools must know too: one place names the bucket and the bounds.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod/mini';

export const ROOT = join(import.meta.dirname, '..');
/** Where `wrangler dev --persist-to` a folder keeps what is local. */
export const stateIn = (folder: string) => join(folder, 'v3');
/** The same where no folder is given. */
export const STATE = stateIn(join(ROOT, '.wrangler', 'state'));

const schema = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })),
  vars: z.record(z.string(), z.string()),
});

export interface WranglerConfig {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Of the bucket that the Worker calls MODELS. */
  readonly bucket: string;
  readonly vars: Readonly<Record<string, string>>;
}

/** Throws where it names no bucket for MODELS. */
export function readWranglerConfig(): WranglerConfig {
  const config = schema.parse(parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')));
  const bucket = config.r2_buckets.find(({ binding }) => binding === 'MODELS')?.bucket_name;
  if (bucket === undefined) throw new Error('wrangler.toml has no [[r2_buckets]] whose binding is MODELS');
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bucket,
    vars: config.vars,
  };
}
