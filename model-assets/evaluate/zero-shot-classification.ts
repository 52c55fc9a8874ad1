// What zero-shot rests on: whether a model tells what follows from a text. Accuracy over three labels on the tenth of MNLI that was
// kept back.

import { join } from 'node:path';
import { isHeldBackPremise } from './held-back.ts';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

interface Pair {
  readonly premise: string;
  readonly hypothesis: string;
  readonly label: string;
}

const LABELS = ['entailment', 'neutral', 'contradiction'];

export async function zeroShotClassification(service: Service, data: string, wrong: number): Promise<void> {
  const all = await readRows<Pair>(join(data, 'natural-language-inference', 'mnli-dev.jsonl.gz'));
  const rows = all.filter(({ premise }) => isHeldBackPremise(premise));
  const model = await service.modelOf('zero-shot-classification');
  const labels = await service.labelsOf(model);
  if (LABELS.some((label) => !labels.includes(label)))
    throw new Error(`model ${model} tells ${labels.join(', ')}; it must tell ${LABELS.join(', ')}`);
  const single = await classify(service, model, rows, 1);
  const grouped = await classify(service, model, rows, 8);
  const correct = single.filter((label, i) => label === rows[i]?.label).length;
  const accuracy = ((100 * correct) / rows.length).toFixed(2);
  console.log(
    `zero-shot            MNLI kept back  accuracy ${accuracy} %  (${correct} of ${rows.length}, three labels)`,
  );
  const flips = grouped.filter((label, i) => label !== single[i]).length;
  console.log(`  label flips between one input a request and eight: ${flips}`);
  const lines = rows.flatMap(({ premise, hypothesis, label }, i) =>
    single[i] === label ? [] : [`${premise} | ${hypothesis} | said: ${single[i]} | true: ${label}`],
  );
  printWrong(lines, wrong);
}

/** A model for zero-shot is a classifier of pairs. */
async function classify(service: Service, model: string, rows: readonly Pair[], size: number): Promise<string[]> {
  const pairs = rows.map(({ premise, hypothesis }) => ({ text: premise, text_pair: hypothesis }));
  const body = { model, parameters: { top_k: 1 } };
  const answers = await service.askAll<{ label: string }[]>('text-classification', pairs, size, body);
  return answers.map(([best]) => best?.label.toLowerCase() ?? '');
}
