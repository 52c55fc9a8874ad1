// Memory of the isolate: JavaScript heap and buffers by V8's inspector, and the engine's WASM heap, which never shrinks.

import type { Subject } from '../bench.ts';
import { peakHeap } from '../heap.ts';
import { start } from '../workerd.ts';

const MIB = 2 ** 20;

export default {
  name: 'memory',
  summary: 'JavaScript heap and WASM heap, minilm-sst2; an isolate may have 128 MiB of both together',
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
        const wasm = Number(await workerd.get('/heap'));
        row(`${name}: JavaScript, peak`, heap);
        row(`${name}: WASM heap after it`, wasm);
        row(`${name}: both`, heap + wasm);
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
