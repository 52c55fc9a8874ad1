// How many names of people, places and organizations stand in a translation as they stand in the text: 100 of each from WikiANN's
// development set, those with the first SHA-256, each in a sentence that says nothing else.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

const OF_EACH = 100;
const SENTENCES = {
  PER: 'Je connais {} depuis deux ans.',
  LOC: "J'ai visité {} hier.",
  ORG: 'Elle travaille pour {}.',
};

interface Tagged {
  readonly words: readonly string[];
  readonly tags: readonly string[];
}

export async function names(service: Service, data: string, wrong: number): Promise<void> {
  const rows = await readRows<Tagged>(join(data, 'token-classification', 'wikiann-en.dev.jsonl.gz'));
  const counts: string[] = [];
  const lost: string[] = [];
  for (const [type, sentence] of Object.entries(SENTENCES)) {
    let copied = 0;
    for (const name of drawn(rows, type)) {
      const inputs = sentence.replace('{}', name);
      const [answer] = await service.ask<{ translation_text: string }[]>('translation', { inputs, parameters: {} });
      const said = answer?.translation_text ?? '';
      if (hasWords(said, name)) copied++;
      else lost.push(`${inputs} | said: ${said}`);
    }
    counts.push(`${type} ${copied}`);
  }
  console.log(`translation          names copied, of ${OF_EACH} each  ${counts.join('  ')}`);
  printWrong(lost, wrong);
}

/** Whether the words stand there whole: "Lin" is not in "Linda". */
const hasWords = (text: string, name: string) =>
  new RegExp(`(?<![\\p{L}\\p{M}])${name}(?![\\p{L}\\p{M}])`, 'u').test(text);

/** Names of one or two words in Latin letters, each with a capital, each once. */
function drawn(rows: readonly Tagged[], type: string): string[] {
  const found = new Set(rows.flatMap((row) => mentions(row, type)).filter((name) => NAME.test(name)));
  const keyed = [...found].map((name) => ({ name, key: createHash('sha256').update(name).digest('hex') }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, OF_EACH)
    .map(({ name }) => name);
}

const NAME = /^\p{Lu}[\p{Script=Latin}]+( \p{Lu}[\p{Script=Latin}]+)?$/u;

function mentions({ words, tags }: Tagged, type: string): string[] {
  const result: string[][] = [];
  words.forEach((word, i) => {
    if (tags[i] === `B-${type}`) result.push([word]);
    else if (tags[i] === `I-${type}`) result.at(-1)?.push(word);
  });
  return result.map((parts) => parts.join(' '));
}
