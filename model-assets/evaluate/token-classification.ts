// F1 of entities on the development set of WikiANN: type and both ends must be right, as the CoNLL 2003 script counts.

import { join } from 'node:path';
import { normal } from './held-back.ts';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

export interface Tagged {
  readonly words: readonly string[];
  /** B- and I- with a type, or O. */
  readonly tags: readonly string[];
}

export interface Entity {
  readonly entity_group: string;
  readonly start: number;
  readonly end: number;
}

export async function tokenClassification(service: Service, data: string, wrong: number): Promise<void> {
  const rows = await readRows<Tagged>(join(data, 'token-classification', 'wikiann-en.dev.jsonl.gz'));
  const taught = await readRows<Tagged>(join(data, 'token-classification', 'wikiann-en.train.jsonl.gz'));
  const known = new Set(taught.map((row) => normal(textOf(row))));
  const single = await find(service, rows, 'simple', 1);
  report(rows, single, 'simple, the default', known);
  report(rows, await find(service, rows, 'first', 16), 'first', known);
  const grouped = await find(service, rows, 'simple', 16);
  const flips = grouped.filter((each, i) => each.join() !== single[i]?.join()).length;
  console.log(`  sentences answered otherwise between one input a request and sixteen: ${flips}`);
  const lines = rows.flatMap((row, i) => {
    const text = textOf(row);
    const written = (entities: readonly string[]) =>
      entities.map((entity) => {
        const [type, start, end] = entity.split(' ');
        return `${type} ${Array.from(text).slice(Number(start), Number(end)).join('')}`;
      });
    const truth = entitiesOf(row);
    if (truth.join() === single[i]?.join()) return [];
    return [`${text} | said: ${written(single[i] ?? []).join(', ')} | true: ${written(truth).join(', ')}`];
  });
  printWrong(lines, wrong);
}

const textOf = ({ words }: Tagged) => words.join(' ');

/** `known`: sentences that stand in WikiANN's training set as well, in whatever letters, which the second figure leaves out. */
function report(
  rows: readonly Tagged[],
  answers: readonly string[][],
  strategy: string,
  known: ReadonlySet<string>,
): void {
  const { f1, right, found, there } = countEntities(rows.map(entitiesOf), answers);
  const counts = `${right} right of ${found} found and ${there} there`;
  console.log(`token-classification WikiANN-en dev  F1 ${(100 * f1).toFixed(2)}  (aggregation ${strategy}: ${counts})`);
  const fresh = rows.flatMap((row, i) => (known.has(normal(textOf(row))) ? [] : [{ row, answer: answers[i] ?? [] }]));
  const { f1: ofFresh } = countEntities(
    fresh.map(({ row }) => entitiesOf(row)),
    fresh.map(({ answer }) => answer),
  );
  const left = `${rows.length - fresh.length} sentences of the training set`;
  console.log(`  without ${left} among them: F1 ${(100 * ofFresh).toFixed(2)}`);
}

/** Of the entities of each row, those that are the same; F1 from 0 to 1. */
export function countEntities(truths: readonly string[][], answers: readonly string[][]) {
  let [right, found, there] = [0, 0, 0];
  truths.forEach((truth, i) => {
    const said = answers[i] ?? [];
    right += said.filter((each) => truth.includes(each)).length;
    found += said.length;
    there += truth.length;
  });
  return { f1: (2 * right) / (found + there), right, found, there };
}

/** Entities of each row, as `type start end` in code points. */
async function find(service: Service, rows: readonly Tagged[], strategy: string, size: number): Promise<string[][]> {
  const texts = rows.map(textOf);
  const parameters = { aggregation_strategy: strategy };
  const answers = await service.askAll<Entity[]>('token-classification', texts, size, { parameters });
  return answers.map((each) => each.map(({ entity_group, start, end }) => `${entity_group} ${start} ${end}`));
}

/** Of a row's tags, as `type start end` in code points. */
export function entitiesOf({ words, tags }: Tagged): string[] {
  const entities: { type: string; start: number; end: number }[] = [];
  let at = 0;
  words.forEach((word, i) => {
    const length = Array.from(word).length;
    const [mark, type = ''] = (tags[i] ?? 'O').split('-');
    const last = entities.at(-1);
    if (mark === 'I' && last?.type === type && last.end === at - 1) last.end = at + length;
    else if (mark !== 'O') entities.push({ type, start: at, end: at + length });
    at += length + 1;
  });
  return entities.map(({ type, start, end }) => `${type} ${start} ${end}`);
}
