// npm run matrix: serves a checkpoint of each architecture for each task, and writes into README.md which answer as transformers does.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGoldens } from './goldens.ts';
import { serveCells } from './serve-cells.ts';
import { putTable, toTable } from './table.ts';

const README = join(import.meta.dirname, '..', '..', 'README.md');

const outcomes = await serveCells(await readGoldens());
const table = toTable(outcomes);
await writeFile(README, putTable(await readFile(README, 'utf8'), table));
console.log(table);
const failed = outcomes.filter(({ engine, reason }) => engine !== undefined && reason !== undefined);
for (const { architecture, task, reason } of failed) console.error(`${architecture}, ${task}: ${reason}`);
if (failed.length > 0) process.exitCode = 1;
