// What global-setup.ts reads on Node for the tests in workerd.

import type { Manifest } from '../../shared/model/manifest.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The seeded checkpoints as they would be published; blobs in base64, by their sha256. */
    seeded: { manifest: Manifest; blobs: Record<string, string> }[];
  }
}
