// The texts of the goldens, from a seed: the same code as ../fixtures/tokenizer/generate_texts.py, step by step.

import alphabet from '../fixtures/tokenizer/alphabet.json' with { type: 'json' };

export const COUNT = 10_000;
const LONG_TEXT = 7;
const [ASCII, LATIN, MARKS] = [0, 1, 2];

/** xorshift32 (Marsaglia 2003). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2654435761) + 1) | 0;
  }

  below(n: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const repeat = (count: number, make: () => string): string => Array.from({ length: count }, make).join('');

function word(random: Random): string {
  const out = repeat(1 + random.below(4), () => random.pick(alphabet.syllables));
  const letterCase = random.below(8);
  if (letterCase === 0) return out.toUpperCase();
  return letterCase === 1 ? out.charAt(0).toUpperCase() + out.slice(1) : out;
}

function character(random: Random): string {
  const [first = 0, last = 0] = random.pick(alphabet.ranges);
  return String.fromCodePoint(first + random.below(last - first + 1));
}

function item(random: Random, kind: number): string {
  const roll = random.below(100);
  if (kind === ASCII) {
    if (roll < 75) return word(random);
    return String.fromCharCode(roll < 90 ? 33 + random.below(94) : random.below(128));
  }
  if (kind === LATIN) {
    if (roll < 70) return word(random);
    return roll < 85 ? random.pick(alphabet.fragments) : String.fromCharCode(160 + random.below(432));
  }
  if (kind === MARKS) {
    if (roll < 25) return character(random);
    if (roll < 40) return random.pick(alphabet.fragments);
    return repeat(1 + random.below(5), () => String.fromCodePoint(random.pick(alphabet.marks)));
  }
  if (roll < 20) return word(random);
  if (roll < 45) return random.pick(alphabet.fragments);
  if (roll < 70) return character(random);
  if (roll < 85) {
    const [first = 0, last = 0] = random.pick(alphabet.ranges);
    return repeat(1 + random.below(8), () => String.fromCodePoint(first + random.below(last - first + 1)));
  }
  if (roll < 88) return word(random).repeat(5 + random.below(30));
  if (roll < 92) return `${String.fromCharCode(0xd800 + random.below(2048))}x`;
  const codePoint = random.below(0x110000 - 2048);
  return String.fromCodePoint(codePoint < 0xd800 ? codePoint : codePoint + 2048);
}

export function generatedText(number: number): string {
  const random = new Random(number);
  const kind = random.below(4);
  const count = number === LONG_TEXT ? 12_000 : random.below(40);
  let out = '';
  for (let i = 0; i < count; i++) {
    out += item(random, kind);
    const gap = random.below(10);
    out += gap < 6 ? ' ' : gap < 9 ? '' : String.fromCharCode(9 + random.below(5));
  }
  return out;
}

export const LONG_WORDS = 12;

/** One word of 2,000 to 20,000 characters: of one syllable, over and over, or of some. */
export function longWord(number: number): string {
  const random = new Random(number);
  const pieces = Array.from({ length: 1 + (number % 6) ** 2 }, () => random.pick(alphabet.syllables));
  return repeat(1500 + 900 * number, () => random.pick(pieces));
}
