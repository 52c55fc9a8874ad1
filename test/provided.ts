// What global-setup.ts reads on Node for the tests in workerd.

import type { Manifest } from '../shared/model/manifest.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tiny BERT as it would be published; blobs in base64, by their sha256. */
    tinyBert: { manifest: Manifest; blobs: Record<string, string> };
  }
}
