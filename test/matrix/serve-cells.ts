// Each cell of the table: its checkpoint is added, the service asked over HTTP, and the answers compared with those of transformers.

import { join } from 'node:path';
import { type Checkpoint, readCheckpoint } from '../../model-assets/checkpoint.ts';
import { checkGraphs } from '../../model-assets/checks/check-graphs.ts';
import { memoryOf, reckon } from '../../model-assets/checks/memory.ts';
import type { Dtype } from '../../model-assets/layout.ts';
import { start, type Workerd } from '../bench/workerd.ts';
import { differences } from '../seeded/differences.ts';
import type { Golden, Served } from './goldens.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** WASM_BUDGET_MIB of wrangler.toml. */
const BUDGET_MIB = 96;
const WRITING = ['text-generation', 'summarization', 'translation'];

export interface Outcome {
  readonly architecture: string;
  readonly task: string;
  /** The engine that served it; undefined where nothing did. */
  readonly engine: string | undefined;
  /** How many answers were compared, each of them the same. */
  readonly answers: number;
  /** Why it is not served, or what was answered otherwise. */
  readonly reason: string | undefined;
}

/** Adds all checkpoints to the bucket of one Worker and asks it. */
export async function serveCells(goldens: readonly Golden[]): Promise<readonly Outcome[]> {
  const added = await Promise.all(goldens.map((golden) => ('none' in golden ? golden.none : add(golden, 'fp32'))));
  const checkpoints = added.filter((each) => typeof each !== 'string');
  const worker = await start('functions/index.ts', { checkpoints });
  try {
    const outcomes: Outcome[] = [];
    for (const [i, golden] of goldens.entries()) {
      const checkpoint = added[i];
      const { architecture, task } = golden;
      if ('none' in golden || checkpoint === undefined || typeof checkpoint === 'string') {
        outcomes.push({ architecture, task, engine: undefined, answers: 0, reason: `${checkpoint}` });
      } else outcomes.push(await serveCell(worker, golden, nameOf(golden, 'fp32')));
    }
    return outcomes;
  } finally {
    await worker.close();
  }
}

/** What `npm run models -- add` publishes, or why it refuses. Its trial run is what follows here. */
export async function add(golden: Served, dtype: Dtype): Promise<Checkpoint | string> {
  const { task } = golden;
  try {
    const checkpoint = await readCheckpoint(join(ROOT, golden.checkpoint), nameOf(golden, dtype), { task, dtype });
    checkGraphs(checkpoint.manifest, checkpoint.signatures);
    return reckon(await memoryOf(checkpoint), BUDGET_MIB).fault ?? checkpoint;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One checkpoint serves several tasks, and a model in the bucket one. */
export const nameOf = ({ architecture, task }: Served, dtype: Dtype): string => `${architecture}-${task}-${dtype}`;

async function serveCell(worker: Workerd, golden: Served, name: string): Promise<Outcome> {
  const { architecture, task } = golden;
  const { engine } = JSON.parse(await worker.get(`/v1/models/${name}`)) as { engine: { name: string } };
  const faults: string[] = [];
  for (const [i, request] of golden.requests.entries()) {
    const { status, answer } = await ask(worker, golden, name, i);
    if (status === 200) faults.push(...differences(answer, toWire(task, request), `request ${i}`));
    else faults.push(`request ${i}: ${status} ${JSON.stringify(answer)}`);
  }
  const reason = faults.length > 0 ? `${faults.length} differences: ${faults.slice(0, 3).join('; ')}` : undefined;
  return { architecture, task, engine: engine.name, answers: golden.requests.length, reason };
}

/** The answer to request `i` of a cell. */
export async function ask(worker: Workerd, { task, requests }: Served, model: string, i: number) {
  const { inputs, parameters } = requests[i] ?? { inputs: '', parameters: {} };
  const body = { model, inputs: WRITING.includes(task) ? inputs : [inputs], parameters };
  const response = await worker.post(`/v1/${task}`, body);
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

/** A list of one input gives a list of one answer; the pipeline of questions gives one answer bare, even where more were asked for. */
export function toWire(task: string, { parameters, expected }: Served['requests'][number]): unknown {
  if (WRITING.includes(task)) return expected;
  if (task === 'question-answering' && Number(parameters.top_k) > 1 && !Array.isArray(expected)) return [[expected]];
  return [expected];
}
