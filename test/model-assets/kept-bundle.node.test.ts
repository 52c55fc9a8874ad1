// What is kept of a bundle is good in a copy of the project too, and only there where the copy's files are the same.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptBundle } from '../../model-assets/host/kept-bundle.ts';
import { ROOT } from '../../model-assets/wrangler-config.ts';

test('it names no folder outside of the project, and is taken the next time', async () => {
  const entry = 'shared/http/method.ts';
  const path = join(ROOT, 'node_modules', '.cache', 'edge-pipelines', 'shared-http-method.ts-lean.json');
  try {
    const modules = await keptBundle(entry, true);
    expect(await readFile(path, 'utf8')).not.toContain(ROOT);
    expect(await keptBundle(entry, true)).toEqual(modules);
  } finally {
    await rm(path, { force: true });
  }
});
