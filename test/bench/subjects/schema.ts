// Which schema library: what each costs in bytes and in start-up, the same small schema and its OpenAPI written in each.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { Subject } from '../bench.ts';
import { median, timed } from '../measure.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SHAPE = 'z.strictObject({ a: z.string(), b: z.union([z.string(), z.array(z.string())]) })';
const APP = `import { Hono } from 'hono'; export default new Hono()`;
const SOURCES = {
  'hono alone': APP,
  'zod/mini': `import * as z from 'zod/mini'; ${APP}.get('/', (c) => c.json(z.toJSONSchema(${SHAPE})))`,
  zod: `import { z } from 'zod'; ${APP}.get('/', (c) => c.json(z.toJSONSchema(${SHAPE})))`,
  '@hono/zod-openapi': `import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'; const app = new OpenAPIHono();
    const content = { 'application/json': { schema: ${SHAPE} } };
    app.openapi(createRoute({ method: 'post', path: '/', request: { body: { content } }, responses: { 200: { description: '' } } }), (c) => c.json({}));
    app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: '', version: '' } }); export default app`,
};

export default {
  name: 'schema',
  summary: 'schema libraries: script size, and workerd from start to ready (median of 5; in it, workerd itself)',
  async run(report) {
    const folder = await mkdtemp(join(ROOT, 'node_modules', '.schema-'));
    try {
      for (const [name, source] of Object.entries(SOURCES)) {
        const entry = join(folder, 'entry.mjs');
        await writeFile(entry, source);
        const { outputFiles } = await build({
          entryPoints: [entry],
          bundle: true,
          minify: true,
          write: false,
          format: 'esm',
        });
        const script = outputFiles[0]?.text ?? '';
        report({
          case: `${name}, gzip`,
          unit: 'kB',
          ours: gzipSync(script, { level: 9 }).byteLength / 1000,
          peer: null,
          ratio: null,
        });
        report({ case: `${name}, start`, unit: 'ms', ours: await startUp(script), peer: null, ratio: null });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
} satisfies Subject;

async function startUp(script: string): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 5; round++) {
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-08-01', cf: false }),
    );
    samples.push(await timed(() => miniflare.ready));
    await miniflare.dispose();
  }
  return median(samples);
}
