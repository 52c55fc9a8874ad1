import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { readKept } from './test/seeded/blobs.ts';
import { answerPeer } from './test/webhooks/peer.ts';

/** Tests of the tree itself: part of `npm run check`. */
const CHECKED = ['test/tree.node.test.ts', 'test/lockfile.node.test.ts'];
const NODE = 'test/**/*.node.test.ts';

/** Tests in workerd that need what others do not. */
const ENGINE = ['test/runtime/engine/**/*.test.ts'];
const TOKENIZER = ['test/tokenizer/**/*.test.ts', 'test/http/tokenize.test.ts'];
const SEEDED = ['test/seeded*/**/*.test.ts'];

interface InWorkerd {
  readonly name: string;
  readonly include: string[];
  readonly exclude?: readonly string[];
  /** An isolate for each file, where files fill its heap and the next would wait for its collector. */
  readonly isolate?: boolean;
  readonly globalSetup: string[];
}

/**
 * What runs in an isolate is tested in one. A new one costs seconds, so files of a project share theirs, and its modules, as requests do;
 * what they import and are given stays in its heap, so a project is given what its own files need.
 */
function inWorkerd({ name, include, exclude = [], isolate = false, globalSetup }: InWorkerd): TestProjectConfiguration {
  return {
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
      name,
      include,
      exclude: [NODE, ...exclude],
      isolate,
      globalSetup,
      // Nothing here is timed: a machine that is busy may take long.
      testTimeout: 120_000,
      hookTimeout: 240_000,
    },
  };
}

export default defineConfig({
  test: {
    // Vitest leaves one processor for itself, and has nothing to do with it while tests run.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      inWorkerd({
        name: 'worker',
        include: ['test/**/*.test.ts'],
        exclude: [...ENGINE, ...TOKENIZER, ...SEEDED],
        globalSetup: ['./test/global-setup.ts', './test/seeded/global-setup.ts'],
      }),
      inWorkerd({
        name: 'engine',
        include: ENGINE,
        globalSetup: [
          './test/global-setup.ts',
          './test/runtime/engine/global-setup.ts',
          './test/runtime/engine/operators-setup.ts',
          './test/seeded/global-setup.ts',
        ],
      }),
      inWorkerd({
        name: 'tokenizer',
        include: TOKENIZER,
        isolate: true,
        globalSetup: ['./test/global-setup.ts', './test/tokenizer/global-setup.ts'],
      }),
      inWorkerd({
        name: 'seeded',
        include: SEEDED,
        globalSetup: [
          './test/global-setup.ts',
          './test/seeded/global-setup.ts',
          './test/seeded-writing/global-setup.ts',
        ],
      }),
      {
        test: {
          name: 'node',
          include: [NODE],
          exclude: CHECKED,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      { test: { name: 'check', include: CHECKED } },
    ],
  },
});
