// Memory of the isolate: JavaScript heap and buffers by V8's inspector, and the model's WASM memory, which never shrinks, by GET /v1/models.

import type { Subject } from '../bench.ts';
import { peakHeap } from '../heap.ts';
import { start, wasmBytes } from '../workerd.ts';

const MIB = 2 ** 20;
const MODEL = 'minilm-sst2';

export default {
  name: 'memory',
  summary: `JavaScript heap and WASM memory, ${MODEL}; an isolate may have 128 MiB of both together`,
  async run(report) {
    const workerd = await start('test/bench/workers/request.ts');
    try {
      const row = (name: string, bytes: number) =>
        report({ case: name, unit: 'MiB', ours: bytes / MIB, peer: null, ratio: null });
      for (const [name, tokens] of [
        ['first request (opens the model), 16 tokens', 16],
        ['128 tokens', 128],
        ['512 tokens', 512],
      ] as const) {
        const heap = await peakHeap(await workerd.inspector(), () => workerd.get(`/whole?tokens=${tokens}`));
        const wasm = (await wasmBytes(workerd)).get(MODEL);
        if (!wasm) throw new Error(`${MODEL} is not open: another model has answered`);
        row(`${name}: JavaScript, peak`, heap);
        row(`${name}: WASM memory after it`, wasm);
        row(`${name}: both`, heap + wasm);
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
