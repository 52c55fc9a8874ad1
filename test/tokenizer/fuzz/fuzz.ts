// Fuzzes the compiled file and the text for so many minutes of one core, led by the branches of the module that cases reach: what
// reaches a new one, or one more often, is kept and altered further. It stops at the first finding and prints it as a case.
//
//   node test/tokenizer/fuzz/fuzz.ts <minutes> [first seed] [file for the cases that reached a branch first] [files of the grammar]
//
// What is tried: case.ts; how it comes about: bases.ts (a grammar of pipelines), texts.ts, mutate.ts; what must hold: examine.ts.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WasmExports } from '../../../shared/tokenizer/instance.ts';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';
import { Random } from '../generated-texts.ts';
import { compileBase, toBaseName } from './bases.ts';
import { type Case, fileOf, isSound } from './case.ts';
import { Coverage } from './coverage.ts';
import { examine } from './examine.ts';
import { instrument } from './instrument.ts';
import { makeCase, mutate } from './mutate.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tokenizer');
const PIECES = 400;

const [minutes = '30', firstSeed = '1', keep, grammar = '48'] = process.argv.slice(2);
const pipelines = Object.fromEntries(
  readdirSync(join(FIXTURES, 'pipelines'))
    .filter((file) => file !== 'goldens.json')
    .map((file) => [file.replace('.json', ''), readFileSync(join(FIXTURES, 'pipelines', file), 'utf8')]),
);
const vocabulary = readFileSync(join(FIXTURES, 'vocab.txt'), 'utf8');
const { module, points } = instrument();
const coverage = new Coverage(points);
const random = new Random(Number(firstSeed));

const bases = new Map<string, Uint8Array>();
const pieces = new Map<string, string[]>();
const names = [...Object.keys(pipelines), 'bert', 'bert-stripped'];
for (const name of names) addBase(name);
while (bases.size < names.length + Number(grammar)) addBase(toBaseName(names, random));

const kept: Case[] = [];
const firsts: Case[] = [];
const began = process.cpuUsage().user;
const end = began + Number(minutes) * 60e6;
let next = began;
let [cases, opened, refused, texts] = [0, 0, 0, 0];
for (const name of bases.keys()) attempt(makeCase(name, pieces.get(name) ?? [''], random));
while (process.cpuUsage().user < end) {
  const base = random.pick([...bases.keys()]);
  // Of those that were kept last more are taken: they are the ones that led further.
  const recent = random.below(2) ? kept.slice(-64) : kept;
  const item = random.below(12) === 0 ? makeCase(base, pieces.get(base) ?? [''], random) : random.pick(recent);
  attempt(mutate(item, random.pick(kept), bases, pieces.get(item.base) ?? [''], random));
  if (process.cpuUsage().user > next) report();
}
report();
if (keep) writeFileSync(keep, `[\n${firsts.map((item) => JSON.stringify(item)).join(',\n')}\n]\n`);

function attempt(item: Case): void {
  cases++;
  try {
    const outcome = examine(instantiate, fileOf(item, bases), item.calls, isSound(item));
    if (outcome.opened) opened++;
    else refused++;
    texts += outcome.answered;
  } catch (error) {
    console.log(JSON.stringify(item));
    throw error;
  }
  const { isNew, isBranch } = coverage.take();
  if (isNew) kept.push(item);
  if (isBranch) firsts.push(item);
}

function instantiate(): WasmExports {
  const exports = new WebAssembly.Instance(module).exports as unknown as WasmExports;
  coverage.watch(exports.memory);
  return exports;
}

function addBase(name: string): void {
  if (bases.has(name)) return;
  let file: Uint8Array;
  try {
    file = compileBase(name, pipelines, vocabulary);
  } catch {
    return; // parts that do not fit are refused by name, which compile-tokenizer.test.ts sees to
  }
  const tokenizer = createTokenizer(module, file);
  const some = Array.from({ length: PIECES }, () => tokenizer.tokenOf(random.below(tokenizer.vocabularySize)) ?? '');
  bases.set(name, file);
  pieces.set(
    name,
    some.filter((piece) => piece !== '').map((piece) => piece.replaceAll(/##|<\/w>|Ġ/g, ' ')),
  );
}

function report(): void {
  next = process.cpuUsage().user + 60e6;
  const cpu = ((process.cpuUsage().user - began) / 60e6).toFixed(1);
  console.log(
    `${cpu} min: ${cases} cases, ${opened} files that opened, ${refused} that were refused, ${texts} answers; ` +
      `${coverage.reached} of ${points} branches, ${kept.length} cases kept; nothing found`,
  );
}
