// A new token, by how many stand before it: greedily beside transformers.js, and in four beams beside four greedy runs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../../model-assets/checkpoint.ts';
import { decoderBytes } from '../../../shared/model/manifest.ts';
import type { Subject } from '../bench.ts';
import { bothClock } from '../cpu-clock.ts';
import { compare, compareWhole } from '../measure.ts';
import { openWriter, type Writer } from '../transformers-js.ts';
import { start, type Workerd } from '../workerd.ts';

const CONTEXTS = [16, 64, 256];
const ROUNDS = 9;
/** New tokens of a run that is timed from its prompt on, and how many runs are. */
const RUN = 32;
const RUNS = 15;
const MODELS = [
  { model: 'bench-gpt2', task: 'text-generation', like: 'DistilGPT-2' },
  { model: 'bench-t5', task: 'translation', like: 'T5-small' },
];
/** Not those of an isolate: the graphs are larger than one holds, but a token costs what it costs. */
const BINDINGS = { WASM_BUDGET_MIB: '2048', MAX_DECODER_MIB: '10000000', MAX_CACHE_MIB: '1024' };

export default {
  name: 'writing',
  summary:
    'CPU time of a new token of int8 graphs with random weights, in workerd (ours) beside transformers.js 4.3 with its wasm backend in Node (peer)',
  async run(report) {
    const folder = process.env.WRITERS ?? '';
    if (!existsSync(join(folder, 'bench-gpt2', 'model.onnx'))) {
      console.error('  skipped: set WRITERS to a folder that model-assets/seeded-writing/full_size.py has filled');
      return;
    }
    for (const { model, task, like } of MODELS) {
      const peer = await openWriter(task, folder, model);
      const checkpoint = await readCheckpoint(join(folder, model), model);
      const mib = decoderBytes(checkpoint.manifest) / 2 ** 20;
      const workerd = await start('test/bench/workers/request.ts', { checkpoints: [checkpoint], bindings: BINDINGS });
      try {
        const costs: number[] = [];
        for (const context of CONTEXTS) {
          const text = toText(context, peer);
          const { ours, theirs, beams } = await compare(
            {
              ours: (tokens) => write(workerd, task, text, tokens, 1),
              theirs: (tokens) => peer.write(text, tokens),
              beams: (tokens) => write(workerd, task, text, tokens, 4),
            },
            { repeats: 16, rounds: ROUNDS, clock: bothClock() },
          );
          costs.push(ours);
          // Behind a long prompt the prompt's own time, which is much, hides the difference.
          if (task === 'text-generation' && context < 256)
            await reportBare(workerd, { model, like, text, context }, report);
          const row = (name: string, one: number, other: number) =>
            report({
              case: `${like}, ${context} tokens before, ${name}`,
              unit: 'ms',
              ours: one,
              peer: other,
              ratio: other / one,
            });
          row('greedy', ours, theirs);
          report({
            case: `${like}, ${context} tokens before, work as MAX_DECODER_MIB counts it`,
            unit: 'MiB/s',
            ours: (1e3 * mib) / ours,
            peer: (1e3 * mib) / theirs,
            ratio: theirs / ours,
          });
          row('4 beams; 4 greedy', beams, 4 * ours);
          const run = (beams: number) => () => write(workerd, task, text, RUN, beams);
          const whole = await compareWhole({ greedy: run(1), beams: run(4) }, { rounds: RUNS, clock: bothClock() });
          row(`a run of ${RUN} tokens in 4 beams; 4 greedy runs`, whole.beams, 4 * whole.greedy);
        }
        const [first = 0, last = 0] = [costs[0], costs.at(-1)];
        report({
          case: `${like}, a token at 16; one at 256`,
          unit: 'ms',
          ours: last,
          peer: first,
          ratio: first / last,
        });
      } finally {
        await workerd.close();
      }
    }
  },
} satisfies Subject;

/** What everything around the decoder costs: beside steps of its graph alone, of as many rows, in the same engine and isolate. */
async function reportBare(
  workerd: Workerd,
  { model, like, text, context }: { model: string; like: string; text: string; context: number },
  report: Parameters<Subject['run']>[0],
): Promise<void> {
  for (const [beams, name] of [
    [1, 'greedy'],
    [4, '4 beams'],
  ] as const) {
    const { whole, bare } = await compare(
      {
        whole: (tokens) => write(workerd, 'text-generation', text, tokens, beams),
        bare: (tokens) => workerd.get(`/steps?model=${model}&tokens=${context}&rows=${beams}&repeats=${tokens}`),
      },
      { repeats: 16, rounds: ROUNDS, clock: bothClock() },
    );
    const row = `${like}, ${context} tokens before, ${name}; bare steps`;
    report({ case: row, unit: 'ms', ours: whole, peer: bare, ratio: bare / whole });
  }
}

async function write(workerd: Workerd, task: string, inputs: string, tokens: number, beams: number): Promise<void> {
  const parameters = { max_new_tokens: tokens, min_new_tokens: tokens, do_sample: false, num_beams: beams };
  const response = await workerd.post(`/v1/${task}`, { inputs, parameters });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** A text of as many tokens. */
function toText(tokens: number, peer: Writer): string {
  let text = 'a';
  while (peer.count(text) < tokens) text += ' a';
  return text;
}
