// sacreBLEU on 1,500 French sentences of Tatoeba that were kept back: those whose English has the first SHA-256. Asked as the service answers by itself, and greedily. Then how many names it copies, and what it says of the course's sentence.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bleu } from './bleu.ts';
import bounds from './held-back.json' with { type: 'json' };
import { names } from './names.ts';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

/** A smoke test, as the course has it: a word that the pairs hardly have, and a name. */
const SHOWN = 'Ce cours est produit par Hugging Face.';

export interface Pair {
  readonly fr: string;
  readonly en: string;
}

export async function translation(service: Service, data: string, wrong: number): Promise<void> {
  const pairs = heldBack(await readRows<Pair>(join(data, 'translation', 'tatoeba.fr-en.jsonl.gz')));
  const references = pairs.map(({ en }) => en);
  for (const [how, parameters] of [
    ['by itself', {}],
    ['greedily', { num_beams: 1 }],
  ] as const) {
    const said = await translate(service, pairs, parameters);
    const exact = said.filter((text, i) => text === references[i]).length;
    const score = bleu(said, references).toFixed(2);
    console.log(
      `translation          Tatoeba fr-en kept back, ${how}  sacreBLEU ${score}  word for word ${exact}  (${pairs.length} sentences)`,
    );
    if (how !== 'by itself') continue;
    const lines = pairs.flatMap(({ fr, en }, i) => (said[i] === en ? [] : [`${fr} | said: ${said[i]} | true: ${en}`]));
    printWrong(lines, wrong);
  }
  await names(service, data, wrong);
  const [said] = await translate(service, [{ fr: SHOWN, en: '' }], {});
  console.log(`translation          ${SHOWN} | ${said}`);
}

/** As recipes/pairs.py draws them: each English once, with the first French of the file. */
export function heldBack(rows: readonly Pair[]): Pair[] {
  const first = new Map<string, Pair>();
  for (const row of rows) if (!first.has(row.en)) first.set(row.en, row);
  const keyed = [...first.values()].map((row) => ({ row, key: createHash('sha256').update(row.en).digest('hex') }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, bounds.tatoeba_pairs)
    .map(({ row }) => row);
}

async function translate(service: Service, pairs: readonly Pair[], parameters: object): Promise<string[]> {
  const said: string[] = [];
  for (const { fr } of pairs) {
    const [answer] = await service.ask<{ translation_text: string }[]>('translation', { inputs: fr, parameters });
    said.push(answer?.translation_text ?? '');
  }
  return said;
}
