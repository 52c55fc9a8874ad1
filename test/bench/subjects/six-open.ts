// The six models that understand, open at once in one isolate: what each holds of WASM memory, by GET /v1/models of the Worker itself.
// Fails where it is more than models may hold.

import { DEFAULTS } from '../../../shared/model/defaults.ts';
import type { Subject } from '../bench.ts';
import { toBody } from '../bodies.ts';
import { publishedModels, start, wasmBytes } from '../workerd.ts';

const MIB = 2 ** 20;
/** Over it the Worker closes models. Here it has more, to say by how much. */
const BUDGET = DEFAULTS.WASM_BUDGET_MIB;
const ROOM = 2 * BUDGET;
const TOKENS = 128;

/** What the course asks of each task. */
const EXAMPLES: Readonly<Record<string, object>> = {
  'text-classification': { inputs: "I've been waiting for a HuggingFace course my whole life." },
  'zero-shot-classification': {
    inputs: 'This is a course about the Transformers library',
    parameters: { candidate_labels: ['education', 'politics', 'business'] },
  },
  'fill-mask': { inputs: 'This course will teach you all about [MASK] models.', parameters: { top_k: 2 } },
  'token-classification': { inputs: 'My name is Sylvain and I work at Hugging Face in Brooklyn.' },
  'question-answering': {
    inputs: {
      question: 'Where do I work?',
      context: 'My name is Sylvain and I work at Hugging Face in Brooklyn',
    },
  },
  'feature-extraction': { inputs: 'This is a course about the Transformers library' },
};

export default {
  name: 'six-open',
  summary: `WASM memory of the six models that understand, all open in one isolate (ours), against the ${BUDGET} MiB that models may hold (peer)`,
  async run(report) {
    const models = (await publishedModels()).filter(({ task }) => task in EXAMPLES);
    const workerd = await start('functions/index.ts', { bindings: { WASM_BUDGET_MIB: String(ROOM) } });
    const ask = async (task: string, body: object) => {
      const response = await workerd.post(`/v1/${task}`, body);
      if (!response.ok) throw new Error(`${task}: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    };
    const row = (name: string, bytes: number, peer: number | null = null) =>
      report({ case: name, unit: 'MiB', ours: bytes / MIB, peer, ratio: peer && (peer * MIB) / bytes });
    try {
      for (const [label, bodyOf] of [
        ["the course's example", (task: string) => EXAMPLES[task] ?? {}],
        [`${TOKENS} tokens`, (task: string) => toBody(task, TOKENS, 1)],
      ] as const) {
        for (const { task } of models) await ask(task, bodyOf(task));
        const held = await wasmBytes(workerd);
        let total = 0;
        for (const { name, task } of models) {
          const bytes = held.get(name);
          // The least recently used went to make room.
          if (!bytes) throw new Error(`${name} is not open any more: the models do not fit into ${ROOM} MiB together`);
          row(`${task}, ${name}, ${label}`, bytes);
          total += bytes;
        }
        row(`all ${models.length} open, ${label}`, total, BUDGET);
        if (total > BUDGET * MIB)
          throw new Error(`${models.length} models hold ${(total / MIB).toFixed(1)} MiB, more than ${BUDGET}`);
      }
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;
