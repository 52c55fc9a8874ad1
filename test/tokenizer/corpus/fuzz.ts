// Fuzzes the compiled file and the text for so many minutes of one core, and stops at the first finding, which it prints with its seed.
//
//   node test/tokenizer/corpus/fuzz.ts <minutes> [first seed]
//
// A round takes one of the small pipelines and a text out of blocks of Unicode and of what its steps look for. The sound file must give
// what a fresh instance gives; an altered one, whose checksum was made right, may say anything or be refused, but must not trap.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { xxh32 } from '../../../model-assets/tokenizer/xxh32.ts';
import { ServiceError } from '../../../shared/errors.ts';
import * as format from '../../../shared/tokenizer/format.ts';
import { createTokenizer, type Tokenizer } from '../../../shared/tokenizer/tokenizer.ts';
import { numbersOf } from '../answers.ts';
import { Random } from '../generated-texts.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PIPELINES = join(ROOT, 'test/fixtures/tokenizer/pipelines');
const BLOCKS = [
  0x20, 0x61, 0xc0, 0x300, 0x400, 0x600, 0x900, 0x1100, 0x2000, 0x3040, 0x4e00, 0xac00, 0xfb00, 0xff00, 0x1d100,
  0x1f600,
];
const SNIPPETS = [
  '[MASK]',
  '</s>',
  '<unk>',
  '▁',
  '\r\n',
  '\0',
  '  ',
  "'s",
  '12345',
  'ﬁ',
  '\u0344',
  'e\u0301\u0323',
  'the',
  'a'.repeat(20),
];

const [minutes = '30', first = '1'] = process.argv.slice(2);
const wasm = new WebAssembly.Module(readFileSync(join(ROOT, 'shared/tokenizer/tokenizer.wasm')));
const files = readdirSync(PIPELINES)
  .filter((name) => name !== 'goldens.json')
  .map((name) => ({ name, file: compileTokenizer(readFileSync(join(PIPELINES, name), 'utf8')) }));
const sound = files.map(({ file }) => createTokenizer(wasm, file));

const end = process.cpuUsage().user + Number(minutes) * 60e6;
let seed = Number(first);
let texts = 0;
let opened = 0;
let refused = 0;
for (; process.cpuUsage().user < end; seed++) {
  const random = new Random(seed);
  const which = random.below(files.length);
  const file = files[which]?.file ?? new Uint8Array();
  const tokenizer = sound[which];
  try {
    const inputs = Array.from({ length: 4 }, () => toText(random));
    for (const text of inputs) {
      texts++;
      const fresh = answer(createTokenizer(wasm, file), text);
      if (tokenizer && answer(tokenizer, text) !== fresh) throw new Error(`another answer for ${JSON.stringify(text)}`);
    }
    if (survives(alter(file, random), inputs)) opened++;
    else refused++;
  } catch (error) {
    console.log(`seed ${seed}, ${files[which]?.name}`);
    throw error;
  }
}
console.log(
  `${texts} texts, ${opened} altered files that opened and ${refused} that were refused: nothing found; next seed ${seed}`,
);

function toText(random: Random): string {
  const block = BLOCKS[random.below(BLOCKS.length)] ?? 0x20;
  let text = '';
  for (let left = random.below(60); left > 0; left--) {
    const kind = random.below(8);
    if (kind === 0) text += SNIPPETS[random.below(SNIPPETS.length)];
    else if (kind === 1) text += ' ';
    else if (kind === 2) text += String.fromCharCode(random.below(0x10000));
    else text += String.fromCodePoint(block + random.below(0x80));
  }
  return random.below(20) === 0 ? text.repeat(40) : text;
}

function answer(tokenizer: Tokenizer, text: string): string {
  return tokenizer
    .encode(text)
    .map((encoding) => numbersOf(encoding).join())
    .join(';');
}

function alter(good: Uint8Array, random: Random): Uint8Array {
  const bad = good.slice(0, random.below(10) === 0 ? random.below(good.length) : good.length);
  if (bad.length < format.HEADER_BYTES) return bad;
  const view = new DataView(bad.buffer);
  // Mostly one change: more of them are seldom opened, and what is refused is not run.
  for (let changes = random.below(4) === 0 ? 1 + random.below(6) : 1; changes > 0; changes--) {
    const section = random.below(new DataView(good.buffer, good.byteOffset).getUint32(format.HEADER_SECTIONS, true));
    const entry = format.HEADER_BYTES + section * format.DIRECTORY_ENTRY_BYTES;
    if (entry + format.DIRECTORY_ENTRY_BYTES > bad.length) continue;
    const [start, length] = [view.getUint32(entry + 4, true), view.getUint32(entry + 8, true)];
    const at =
      random.below(12) === 0
        ? entry + random.below(12)
        : start + random.below(Math.max(1, random.below(2) ? Math.min(length, 64) : length));
    if (at < bad.length) bad[at] = random.below(3) === 0 ? 0xff : random.below(256);
  }
  view.setUint32(format.HEADER_CHECKSUM, xxh32(bad.subarray(format.CHECKSUM_START), format.CHECKSUM_SEED), true);
  return bad;
}

/** Whether it opened. Anything but a ServiceError is a finding. */
function survives(file: Uint8Array, inputs: readonly string[]): boolean {
  let tokenizer: Tokenizer;
  try {
    tokenizer = createTokenizer(wasm, file);
    for (const text of inputs) answer(tokenizer, text);
    for (let id = 0; id < 20; id++) tokenizer.idOf(tokenizer.tokenOf(id) ?? '');
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
  return true;
}
