import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { readKept } from './test/seeded/blobs.ts';
import { answerPeer } from './test/webhooks/peer.ts';

/** Tests of the tree itself: part of `npm run check`. */
const CHECKED = ['test/tree.node.test.ts', 'test/lockfile.node.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        // What runs in an isolate is tested in one.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              serviceBindings: {
                BLOBS: async ({ url }: { url: string }) => new Response(await readKept(new URL(url).pathname.slice(1))),
                PEER: async (request: Request) => Response.json(await answerPeer(request)),
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          // Nothing here is timed: a machine that is busy may take long.
          testTimeout: 120_000,
          hookTimeout: 240_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.node.test.ts'],
          globalSetup: [
            './test/global-setup.ts',
            './test/tokenizer/global-setup.ts',
            './test/runtime/engine/global-setup.ts',
            './test/runtime/engine/operators-setup.ts',
            './test/seeded/global-setup.ts',
            './test/seeded-writing/global-setup.ts',
          ],
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/**/*.node.test.ts'],
          exclude: CHECKED,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      { test: { name: 'check', include: CHECKED } },
    ],
  },
});
