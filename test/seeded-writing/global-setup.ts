// Reads, on Node, what transformers generates: ids, and the texts of its pipelines.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Goldens, PipelineCase } from './provided.ts';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'seeded-writing');
/** Cases of each group that are tried, spread over all; WRITING_CASES=100 tries every one, which takes most of an hour. */
const CASES = Number(process.env.WRITING_CASES ?? 4);
/** Goldens of other shapes, which their tests import. */
const OTHERS = ['pipelines.json', 'processors.json', 'chains.json'];

export default async function setup(project: TestProject): Promise<void> {
  const files = (await readdir(FOLDER)).filter((file) => !OTHERS.includes(file));
  const goldens = files.map(async (file) => {
    const whole: Goldens = JSON.parse(await readFile(join(FOLDER, file), 'utf8'));
    const groups = whole.groups.map((group) => ({ ...group, cases: some(group.cases) }));
    return [file.replace('.json', ''), { ...whole, groups }] as const;
  });
  project.provide('writingGoldens', Object.fromEntries(await Promise.all(goldens)));
  const { cases }: { cases: PipelineCase[] } = JSON.parse(await readFile(join(FOLDER, 'pipelines.json'), 'utf8'));
  const alike = Object.groupBy(cases, ({ task, model, parameters }) => JSON.stringify([task, model, parameters]));
  project.provide(
    'writingPipelines',
    Object.values(alike).map((group) => some(group ?? [])),
  );
}

function some<T>(cases: readonly T[]): T[] {
  // Odd, for where two kinds of input alternate.
  const step = Math.max(1, Math.floor(cases.length / CASES)) | 1;
  return cases.filter((_, i) => i % step === 0);
}
