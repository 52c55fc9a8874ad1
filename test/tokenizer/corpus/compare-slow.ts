// Compares with the ids of a slow tokenizer, which slow.py wrote. Prints how many texts and tokens differ, and what the first difference
// of a text is, most frequent first.
//
//   node test/tokenizer/corpus/compare-slow.ts <tokenizer.json> <texts.jsonl> <name.slow.jsonl> [how many kinds to show]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';

const [json = '', textsFile = '', answersFile = '', show = '10'] = process.argv.slice(2);
const wasm = readFileSync(join(import.meta.dirname, '../../../shared/tokenizer/tokenizer.wasm'));
const tokenizer = createTokenizer(new WebAssembly.Module(wasm), compileTokenizer(readFileSync(json, 'utf8')));
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
const texts = linesOf(textsFile).map((line) => JSON.parse(line) as string);
const answers = linesOf(answersFile).map((line) => JSON.parse(line) as number[]);

const kinds = new Map<string, { count: number; example: string }>();
let differing = 0;
let tokens = 0;
for (const [i, text] of texts.entries()) {
  const expected = answers[i] ?? [];
  const found = Array.from(tokenizer.encode(text)[0]?.ids ?? []);
  tokens += expected.length;
  const differs = expected.findIndex((id, k) => id !== found[k]);
  if (differs < 0 && expected.length === found.length) continue;
  const at = differs < 0 ? expected.length : differs;
  differing++;
  const names = (ids: readonly number[]) => ids.slice(at, at + 3).map((id) => tokenizer.tokenOf(id) ?? `id ${id}`);
  const [theirs, ours] = [names(expected), names(found)];
  const kind = `${shape(theirs)}  here  ${shape(ours)}`;
  const known = kinds.get(kind);
  const example = `${theirs.join(' ')}  here  ${ours.join(' ')}`;
  kinds.set(kind, { count: (known?.count ?? 0) + 1, example: known?.example ?? example });
}
console.log(`${json}: ${texts.length} texts, ${differing} differ; ${tokens} tokens`);
for (const [kind, { count, example }] of [...kinds].sort((a, b) => b[1].count - a[1].count).slice(0, Number(show)))
  console.log(`  ${count} × ${kind}    ${example}`);

/** Letters and digits are a and 0, so that differences of one kind look alike. */
function shape(names: readonly string[]): string {
  return names
    .slice(0, 2)
    .map((name) => (/^<.*>$/.test(name) ? name : name.replaceAll(/\p{Ll}+/gu, 'a').replaceAll(/\p{Lu}+/gu, 'A')))
    .map((name) => name.replaceAll(/\d+/g, '0'))
    .join(' ');
}
