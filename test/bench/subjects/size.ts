// What is uploaded: the Worker's script and the wasm that it imports, raw and gzipped.

import { gzipSync } from 'node:zlib';
import { bundle } from '../../../model-assets/host/bundle.ts';
import type { Subject } from '../bench.ts';

export default {
  name: 'size',
  summary: 'the Worker as uploaded (limits: 3 MB gzipped on the free plan, 10 MB on the paid)',
  async run(report) {
    let raw = 0;
    let gzipped = 0;
    for (const { path, contents } of await bundle('functions/index.ts')) {
      const bytes = Buffer.from(contents ?? '');
      const zipped = gzipSync(bytes, { level: 9 }).byteLength;
      raw += bytes.byteLength;
      gzipped += zipped;
      report({ case: path, unit: 'kB', ours: bytes.byteLength / 1000, peer: null, ratio: null });
      report({ case: `${path}, gzip`, unit: 'kB', ours: zipped / 1000, peer: null, ratio: null });
    }
    report({ case: 'all', unit: 'kB', ours: raw / 1000, peer: null, ratio: null });
    report({ case: 'all, gzip', unit: 'kB', ours: gzipped / 1000, peer: null, ratio: null });
  },
} satisfies Subject;
