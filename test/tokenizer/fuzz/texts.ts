// Texts for a fuzzer: pieces of the vocabulary at hand, what steps look for, and Unicode of many blocks, put together and altered.

import type { Random } from '../generated-texts.ts';

const BLOCKS = [
  ...[0x20, 0x61, 0xa0, 0xc0, 0x300, 0x340, 0x400, 0x5d0, 0x600, 0x900, 0xe40, 0x1100, 0x1e00, 0x1f00, 0x2000, 0x2100],
  ...[0x3040, 0x3300, 0x4e00, 0xac00, 0xd7b0, 0xf900, 0xfb00, 0xfdf0, 0xfe00, 0xff00, 0x10400, 0x1d100, 0x1d400],
  ...[0x1f1e0, 0x1f600, 0x20000, 0x2f800, 0xe0000, 0x10ff80],
];
const SNIPPETS = [
  ...[
    '[MASK]',
    ' [MASK] ',
    '[CLS]',
    '</s>',
    '<s>',
    '<unk>',
    '[UNK]',
    '<|begin|>',
    '?',
    '▁',
    '▁▁',
    '\r\n',
    '\r',
    '\0',
    '  ',
  ],
  ...[
    "'s",
    "'LL",
    " don't",
    '12345',
    '٣٤',
    'ﬁ',
    'ﷺ',
    '\u0344',
    'e\u0301\u0323',
    '\u0323\u0301',
    'Å',
    'ß',
    'İ',
    'ſ',
    'Σ',
  ],
  ...[
    '가',
    '\u1100\u1161\u11a8',
    '各',
    'the',
    ' The',
    '\u200d',
    '\ufe0f',
    '👩\u200d👩\u200d👧',
    '🇫🇷',
    '\u00ad',
    '\u2028',
    '\ufeff',
  ],
  ...[
    '``',
    "''",
    ' - ',
    '\t',
    '\u3000',
    'Über',
    'E\u0301',
    '\ud800',
    '\udc00',
    '\ufffd',
    'a'.repeat(20),
    '\u0f71\u0f72',
  ],
];

export function makeText(pieces: readonly string[], random: Random): string {
  const block = random.pick(BLOCKS);
  let text = '';
  for (let left = random.below(random.below(8) ? 16 : 60); left > 0; left--) text += makeBit(pieces, block, random);
  return random.below(40) === 0 ? text.repeat(2 + random.below(60)) : text;
}

function makeBit(pieces: readonly string[], block: number, random: Random): string {
  switch (random.below(8)) {
    case 0:
      return random.pick(SNIPPETS);
    case 1:
      return ' ';
    case 2:
      return String.fromCharCode(random.below(0x10000));
    case 3:
      return String.fromCodePoint(block + random.below(0x80));
    case 4:
      return String.fromCharCode(0x20 + random.below(0x5f));
    default:
      return random.pick(pieces);
  }
}

/** A text that has become longer costs time that goes to others. */
const LONGEST = 3000;

/** A span goes, is doubled, moves, or is replaced. */
export function alterText(text: string, pieces: readonly string[], random: Random): string {
  return altered(text, pieces, random).slice(0, LONGEST);
}

function altered(text: string, pieces: readonly string[], random: Random): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(12));
  const [before, span, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
  switch (random.below(8)) {
    case 0:
      return before + after;
    case 1:
      return before + span + span + after;
    case 2:
      return after + span + before;
    case 3:
      return before + span.repeat(random.below(40)) + after;
    case 4:
      return before + (random.below(2) ? span.toUpperCase() : span.normalize('NFD')) + after;
    case 5:
      return random.below(4) ? before + random.pick(pieces) + span + after : makeText(pieces, random);
    default:
      return before + makeBit(pieces, random.pick(BLOCKS), random) + (random.below(2) ? after : span + after);
  }
}
