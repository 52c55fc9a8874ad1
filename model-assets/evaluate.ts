// npm run evaluate -- [--data <folder>] [--origin <url>]: the accuracy of the running service, asked over HTTP.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const HELP = `npm run evaluate -- [--data <folder>] [--origin <url>]

Asks a running service (npm start) for the sentiment of each sentence of SST-2 dev, one a request, and prints the accuracy;
then the same in requests of 8, and how many labels differ.

  --data    folder of the data, default ../shared/data
  --origin  where the service runs, default http://127.0.0.1:8787`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(import.meta.dirname, '..', '..', 'shared', 'data') },
    origin: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? '8787'}` },
    help: { type: 'boolean', default: false },
  },
});

interface Labelled {
  readonly text: string;
  readonly label: string;
}

if (values.help) console.log(HELP);
else await evaluate();

async function evaluate(): Promise<void> {
  const rows = await readRows(join(values.data, 'text-classification', 'sst2.dev.jsonl.gz'));
  const single = await classify(rows, 1);
  const correct = single.filter((label, i) => label === rows[i]?.label).length;
  const grouped = await classify(rows, 8);
  const flips = grouped.filter((label, i) => label !== single[i]).length;
  console.log(
    `text-classification  SST-2 dev  accuracy ${((100 * correct) / rows.length).toFixed(2)} %  (${correct} of ${rows.length})`,
  );
  console.log(`label flips between one input a request and eight: ${flips}`);
}

async function classify(rows: readonly Labelled[], size: number): Promise<string[]> {
  const labels: string[] = [];
  for (let start = 0; start < rows.length; start += size) {
    const inputs = rows.slice(start, start + size).map(({ text }) => text);
    const body = JSON.stringify({ inputs, parameters: { top_k: 1 } });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const response = await fetch(`${values.origin}/v1/text-classification`, init);
    if (!response.ok) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
    const answers = (await response.json()) as { label: string }[][];
    labels.push(...answers.map(([best]) => best?.label ?? ''));
  }
  return labels;
}

async function readRows(path: string): Promise<Labelled[]> {
  const lines = gunzipSync(await readFile(path))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.map((line): Labelled => JSON.parse(line));
}
