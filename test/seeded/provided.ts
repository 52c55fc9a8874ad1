// What global-setup.ts reads on Node for the tests in workerd.

import type { Manifest } from '../../shared/model/manifest.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The seeded checkpoints as they would be published; blobs.ts has their blobs. */
    seeded: Manifest[];
  }
}
