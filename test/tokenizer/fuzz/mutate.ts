// Cases out of cases: what changes in a file and in what is asked of it.

import * as format from '../../../shared/tokenizer/format.ts';
import type { EncodeOptions, TextInput, Truncation, WordsInput } from '../../../shared/tokenizer/tokenizer.ts';
import type { Random } from '../generated-texts.ts';
import { type Bases, type Call, type Case, HEADER, type Patch, sectionsOf } from './case.ts';
import { alterText, makeText } from './texts.ts';

const MOST_PATCHES = 24;
const MOST_CALLS = 4;
const NUMBERS = [
  0, 1, 2, 3, 4, 16, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x110000, 0x7fffffff, 0x80000000,
];
/** Half of all changes are among the first numbers of a section, where counts and offsets are. */
const FRONT = 96;
const STRATEGIES: readonly Truncation['strategy'][] = ['longest_first', 'only_first', 'only_second'];

/** A case that nobody altered. */
export function makeCase(base: string, pieces: readonly string[], random: Random): Case {
  const calls = Array.from({ length: MOST_CALLS }, () => makeCall(pieces, random));
  return { base, swaps: [], patches: [], cut: 0, calls };
}

export function mutate(item: Case, other: Case, bases: Bases, pieces: readonly string[], random: Random): Case {
  let { swaps, patches, cut, calls } = item;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const roll = random.below(16);
    const fresh = roll < 6 ? alterFile(item, bases, random) : [];
    if (fresh.length > 0) patches = [...patches, ...fresh].slice(-MOST_PATCHES);
    else if (roll === 6) patches = patches.filter(() => random.below(2) === 0);
    else if (roll === 7 && random.below(4) === 0) swaps = [...swaps, swap(bases, random)].slice(-2);
    else if (roll === 8 && random.below(8) === 0) cut = random.below(64);
    else if (roll === 9) swaps = cut > 0 ? swaps : swaps.slice(1);
    else if (roll === 10) calls = [...calls.slice(0, random.below(MOST_CALLS)), ...other.calls].slice(0, MOST_CALLS);
    else if (roll === 11 && other.base === item.base) patches = [...patches, ...other.patches].slice(-MOST_PATCHES);
    else calls = calls.map((call) => (random.below(2) ? call : alterCall(call, pieces, random)));
  }
  return { ...item, swaps, patches, cut, calls };
}

function swap(bases: Bases, random: Random): readonly [number, string] {
  const name = random.pick([...bases.keys()]);
  const sections = sectionsOf(bases.get(name) ?? new Uint8Array());
  return [random.pick(sections).tag, name];
}

/** One number of a section, or of the directory, becomes another. */
function alterFile({ base }: Case, bases: Bases, random: Random): Patch[] {
  const file = bases.get(base);
  if (file === undefined) return [];
  const sections = sectionsOf(file);
  const section = random.below(20) === 0 ? HEADER : random.below(sections.length);
  const directory = format.HEADER_BYTES + sections.length * format.DIRECTORY_ENTRY_BYTES;
  const bytes = section === HEADER ? file.subarray(0, directory) : (sections[section]?.bytes ?? file);
  const width = random.pick([1, 1, 2, 4, 4]);
  const most = random.below(2) ? Math.min(bytes.length, FRONT) : bytes.length;
  const at = Math.floor(random.below(Math.max(1, most)) / width) * width;
  if (at + width > bytes.length) return [];
  const old = Array.from(bytes.subarray(at, at + width)).reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  const value = numberFor(old, width, bytes, random);
  return Array.from({ length: width }, (_, i): Patch => [section, at + i, (value >>> (8 * i)) & 0xff]);
}

function numberFor(old: number, width: number, bytes: Uint8Array, random: Random): number {
  const step = random.pick([1, 1, 4, 16, 128]);
  switch (random.below(8)) {
    case 0:
      return old + step;
    case 1:
      return old - step;
    case 2:
      return random.pick(NUMBERS);
    case 3:
      return -random.pick(NUMBERS);
    case 4:
      return bytes.length - random.below(40);
    case 5:
      return old ^ (1 << random.below(8 * width));
    case 6: {
      // Another number of the same section, as it may stand there for the same kind of thing.
      const from = Math.floor(random.below(Math.max(1, bytes.length - width)) / width) * width;
      return Array.from(bytes.subarray(from, from + width)).reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
    }
    default:
      return random.below(0x7fffffff) * 2;
  }
}

function makeCall(pieces: readonly string[], random: Random): Call {
  return { input: makeInput(pieces, random), options: makeOptions(random) };
}

function makeInput(pieces: readonly string[], random: Random): TextInput | WordsInput {
  const text = () => makeText(pieces, random);
  const words = () => Array.from({ length: random.below(6) }, text);
  const roll = random.below(12);
  if (roll === 0) return { words: words() };
  if (roll === 1) return { words: words(), pair: words() };
  return roll < 4 ? [text(), text()] : text();
}

function makeOptions(random: Random): EncodeOptions {
  const options = { addSpecialTokens: random.below(4) > 0 };
  if (random.below(3) > 0) return options;
  const direction = random.pick(['left', 'right'] as const);
  const truncation = { strategy: random.pick(STRATEGIES), maxLength: random.below(24), direction };
  return { ...options, truncation: random.below(3) ? truncation : { ...truncation, stride: random.below(6) } };
}

function alterCall({ input, options }: Call, pieces: readonly string[], random: Random): Call {
  const roll = random.below(10);
  if (roll === 0) return { input, options: makeOptions(random) };
  if (roll === 1) return makeCall(pieces, random);
  const alter = (text: string) => alterText(text, pieces, random);
  if (typeof input === 'string') return { input: alter(input), options };
  if (!('words' in input)) return { input: [alter(input[0]), random.below(2) ? alter(input[1]) : input[1]], options };
  const words = input.words.map((word) => (random.below(2) ? word : alter(word)));
  return { input: input.pair ? { words, pair: input.pair } : { words }, options };
}
