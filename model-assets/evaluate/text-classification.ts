// Accuracy on the development set of SST-2.

import { join } from 'node:path';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

interface Labelled {
  readonly text: string;
  readonly label: string;
}

export async function textClassification(service: Service, data: string, wrong: number): Promise<void> {
  const rows = await readRows<Labelled>(join(data, 'text-classification', 'sst2.dev.jsonl.gz'));
  const single = await classify(service, rows, 1);
  const grouped = await classify(service, rows, 8);
  const correct = single.filter((label, i) => label === rows[i]?.label).length;
  const flips = grouped.filter((label, i) => label !== single[i]).length;
  const accuracy = ((100 * correct) / rows.length).toFixed(2);
  console.log(`text-classification  SST-2 dev  accuracy ${accuracy} %  (${correct} of ${rows.length})`);
  console.log(`  label flips between one input a request and eight: ${flips}`);
  const lines = rows.flatMap(({ text, label }, i) =>
    single[i] === label ? [] : [`${text} | said: ${single[i]} | true: ${label}`],
  );
  printWrong(lines, wrong);
}

async function classify(service: Service, rows: readonly Labelled[], size: number): Promise<string[]> {
  const texts = rows.map(({ text }) => text);
  const parameters = { top_k: 1 };
  const answers = await service.askAll<{ label: string }[]>('text-classification', texts, size, { parameters });
  return answers.map(([best]) => best?.label ?? '');
}
