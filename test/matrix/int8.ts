// The int8 graphs of the exports: their numbers are others than those of the model, and what they decide is mostly the same.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../bench/workerd.ts';
import type { Golden, Served } from './goldens.ts';
import { add, ask, nameOf, toWire } from './serve-cells.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Agreement {
  /** Requests that were answered. */
  readonly asked: number;
  /** Of those, the ones where the same was decided: label, word, span, text. */
  readonly same: number;
  /** What was not served by the project's own engine, and why. */
  readonly refused: readonly string[];
}

/** Serves what has int8 graphs, and compares what it decides with what transformers did in floats. */
export async function serveInt8(goldens: readonly Golden[]): Promise<Agreement> {
  const cells = goldens.filter((golden) => 'checkpoint' in golden && existsSync(join(ROOT, golden.checkpoint, 'onnx')));
  const served = cells.filter((golden) => 'checkpoint' in golden && golden.task !== 'feature-extraction') as Served[];
  const added = await Promise.all(served.map((golden) => add(golden, 'q8')));
  const checkpoints = added.filter((each) => typeof each !== 'string');
  const refused = [
    ...added.filter((each) => typeof each === 'string'),
    ...checkpoints.flatMap(({ manifest: { name, engine } }) =>
      engine.name === 'edge' ? [] : [`${name}: ${engine.reason}`],
    ),
  ];
  const worker = await start('functions/index.ts', { checkpoints });
  let [asked, same] = [0, 0];
  try {
    for (const golden of served) {
      for (const [i, request] of golden.requests.entries()) {
        const { status, answer } = await ask(worker, golden, nameOf(golden, 'q8'), i);
        if (status !== 200) throw new Error(`${golden.architecture}, ${golden.task}: ${JSON.stringify(answer)}`);
        asked += 1;
        if (decided(answer) === decided(toWire(golden.task, request))) same += 1;
      }
    }
  } finally {
    await worker.close();
  }
  return { asked, same, refused };
}

/** What an answer says first: scores, places and what comes after the best are left out. */
function decided(answer: unknown): string {
  if (Array.isArray(answer)) return decided(answer[0]);
  if (typeof answer !== 'object' || answer === null) return JSON.stringify(answer);
  const said = [
    'label',
    'entity',
    'entity_group',
    'answer',
    'token',
    'generated_text',
    'summary_text',
    'translation_text',
  ];
  return JSON.stringify(Object.entries(answer).filter(([key]) => said.includes(key)));
}
