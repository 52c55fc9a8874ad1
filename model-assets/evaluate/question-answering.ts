// F1 and exact match on the articles of SQuAD 1.1 that were kept back, as its evaluation script counts them: answers are compared in
// lower case without punctuation and articles, with whichever of the true ones is nearest (Rajpurkar et al. 2016).

import { join } from 'node:path';
import heldBack from './held-back.json' with { type: 'json' };
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

export interface Question {
  readonly title: string;
  readonly context: string;
  readonly question: string;
  readonly answers: readonly { readonly text: string }[];
}

export async function questionAnswering(service: Service, data: string, wrong: number): Promise<void> {
  const all = await readRows<Question>(join(data, 'question-answering', 'squad11-dev.jsonl.gz'));
  const rows = all.filter(({ title }) => heldBack.squad.includes(title));
  const single = await answer(service, rows, 1);
  const grouped = await answer(service, rows, 8);
  let [f1, exact] = [0, 0];
  const lines: string[] = [];
  rows.forEach(({ question, answers }, i) => {
    const nearest = nearestF1(single[i] ?? '', answers);
    f1 += nearest;
    if (nearest < 0.5) lines.push(`${question} | said: ${single[i]} | true: ${answers[0]?.text}`);
    exact += isExact(single[i] ?? '', answers) ? 1 : 0;
  });
  const percent = (sum: number) => ((100 * sum) / rows.length).toFixed(2);
  const what = `${rows.length} questions of ${heldBack.squad.length} articles`;
  console.log(`question-answering   SQuAD 1.1 kept back  F1 ${percent(f1)}  exact ${percent(exact)}  (${what})`);
  const flips = grouped.filter((text, i) => text !== single[i]).length;
  console.log(`  answers that differ between one input a request and eight: ${flips}`);
  printWrong(lines, wrong);
}

/** From 0 to 1, against the nearest of the true answers. */
export function nearestF1(said: string, answers: Question['answers']): number {
  const words = wordsOf(said);
  return Math.max(...answers.map(({ text }) => overlap(words, wordsOf(text))));
}

/** Whether it is one of the true answers, but for what does not count. */
export function isExact(said: string, answers: Question['answers']): boolean {
  return answers.some(({ text }) => wordsOf(text).join(' ') === wordsOf(said).join(' '));
}

async function answer(service: Service, rows: readonly Question[], size: number): Promise<string[]> {
  const inputs = rows.map(({ question, context }) => ({ question, context }));
  return (await service.askAll<{ answer: string }>('question-answering', inputs, size)).map((each) => each.answer);
}

/** Between what Python's \b tells from words: "Bahía" has none. */
const ARTICLES = /(?<![\p{L}\p{N}_])(a|an|the)(?![\p{L}\p{N}_])/gu;

function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().replaceAll(/[!-/:-@[-`{-~]/g, '');
  return plain.replaceAll(ARTICLES, ' ').split(/\s+/).filter(Boolean);
}

function overlap(said: readonly string[], truth: readonly string[]): number {
  const left = [...truth];
  const common = said.filter((word) => {
    const at = left.indexOf(word);
    return at >= 0 && left.splice(at, 1).length > 0;
  }).length;
  return common === 0 ? 0 : (2 * common) / (said.length + truth.length);
}
