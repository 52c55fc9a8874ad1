// Honest programs to alter: the seeded checkpoints, one or two of each architecture, and those of a single step.

import { join } from 'node:path';
import { readCheckpoint } from '../../../../model-assets/checkpoint.ts';
import { bytesOf } from '../../../../model-assets/content.ts';
import { type Honest, singleSteps, toHonest } from './single-steps.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const CHECKPOINTS = [
  'test/fixtures/tiny-bert',
  ...[
    'albert-fill-mask',
    'bert-question-answering',
    'distilbert-token-classification',
    'electra-text-classification',
  ].map((name) => `model-assets/seeded/seeded-${name}`),
  'model-assets/seeded/seeded-roberta-feature-extraction',
  ...['bart-summarization', 'ctrl-text-generation', 'gpt2-merged-text-generation', 'gpt2-text-generation'].map(
    (name) => `model-assets/seeded-writing/seeded-${name}`,
  ),
  ...[
    'marian-translation',
    'mbart-translation',
    'openai-gpt-text-generation',
    't5-summarization',
    't5-translation',
  ].map((name) => `model-assets/seeded-writing/seeded-${name}`),
  'model-assets/seeded-writing/seeded-transfo-xl-text-generation',
];

export async function readHonest(): Promise<Honest[]> {
  const honest: Honest[] = [];
  for (const folder of CHECKPOINTS) {
    const name = folder.split('/').at(-1) ?? folder;
    const { manifest, blobs } = await readCheckpoint(join(ROOT, folder), name, { engine: 'edge' });
    const file = manifest.engine.name === 'edge' ? blobs.get(manifest.engine.program.sha256) : undefined;
    if (!file) throw new Error(`${folder} has no program`);
    honest.push(toHonest(name, await bytesOf(file)));
  }
  return [...honest, ...singleSteps()];
}
