// npm run matrix: serves a checkpoint of each architecture for each task, and writes into README.md which answer as transformers does.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, exactly, parseLine, report } from '../../model-assets/commands/command.ts';
import { readGoldens } from './goldens.ts';
import { serveCells } from './serve-cells.ts';
import { putTable, toTable } from './table.ts';

const README = join(import.meta.dirname, '..', '..', 'README.md');
const HELP = `npm run matrix

Serves a seeded checkpoint of each architecture for each task, over HTTP in workerd, compares its answers with those of transformers, and writes
the table of README.md. A few minutes. It ends with 1 where an answer differs.`;

try {
  const { values, positionals } = parseLine(process.argv.slice(2), { help: { type: 'boolean', default: false } });
  exactly(positionals);
  if (values.help) console.log(HELP);
  else await matrix();
} catch (error) {
  process.exitCode = report(error, 'matrix', HELP);
}

async function matrix(): Promise<void> {
  const outcomes = await serveCells(await readGoldens());
  const table = toTable(outcomes);
  await writeFile(README, putTable(await readFile(README, 'utf8'), table));
  console.log(table);
  const failed = outcomes.filter(({ engine, reason }) => engine !== undefined && reason !== undefined);
  if (failed.length === 0) return;
  throw new CommandFailed(
    failed.map(({ architecture, task, reason }) => `${architecture}, ${task}: ${reason}`).join('\n'),
  );
}
