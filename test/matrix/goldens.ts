// What transformers answers for each architecture and task (model-assets/seeded-heads/generate.py).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'matrix');

/** The architectures of the course by their model_type: encoders, decoders, then those that are both. */
const MODEL_TYPES = [
  'albert',
  'bert',
  'distilbert',
  'electra',
  'roberta',
  'ctrl',
  'openai-gpt',
  'gpt2',
  'transfo-xl',
  'bart',
  'mbart',
  'marian',
  't5',
];

const where = { architecture: z.string(), task: z.string() };
const served = z.object({
  ...where,
  /** The class of transformers that answered. */
  class: z.string(),
  /** Folder in the project. */
  checkpoint: z.string(),
  requests: z.array(
    z.object({ inputs: z.unknown(), parameters: z.record(z.string(), z.unknown()), expected: z.unknown() }),
  ),
});
/** `none`: why transformers answers nothing. */
const unserved = z.object({ ...where, none: z.string() });
const file = z.object({ transformers: z.string(), cells: z.array(z.union([served, unserved])) });

export type Served = z.output<typeof served>;
export type Golden = Served | z.output<typeof unserved>;

/** The cells of the table, row by row. */
export async function readGoldens(): Promise<readonly Golden[]> {
  const cellsOf = async (kind: string) =>
    file.parse(JSON.parse(await readFile(join(FOLDER, `${kind}.json`), 'utf8'))).cells;
  return (await Promise.all(MODEL_TYPES.map(cellsOf))).flat();
}
