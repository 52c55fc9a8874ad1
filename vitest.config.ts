import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // What runs in an isolate is tested in one.
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.node.test.ts'],
          globalSetup: ['./test/global-setup.ts', './test/tokenizer/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/**/*.node.test.ts'],
          exclude: ['test/tree.node.test.ts'],
          testTimeout: 120_000,
        },
      },
      { test: { name: 'check', include: ['test/tree.node.test.ts'] } },
    ],
  },
});
