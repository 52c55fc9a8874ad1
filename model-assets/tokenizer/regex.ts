// Parses the regular expressions that tokenizers use, as Oniguruma reads them, into a tree of sets of code points. What an automaton
// with one code point of lookahead cannot say (captures that are read, backward looks, lazy or possessive repeats) is refused.

import * as classes from './unicode-classes.ts';
import { parseRanges, parseRangeTable } from './unicode-packing.ts';

const CODE_POINTS = 0x110000;

/** Membership by code point. */
export type CodePointSet = Uint8Array;

export type Regex =
  | { readonly kind: 'set'; readonly set: CodePointSet }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly item: Regex; readonly least: number; readonly most: number }
  /** Looks at the next code point, or at the end of the text. */
  | { readonly kind: 'ahead'; readonly set: CodePointSet; readonly atEnd: boolean };

export const setOf = (...codePoints: number[]): CodePointSet => {
  const set = new Uint8Array(CODE_POINTS);
  for (const codePoint of codePoints) set[codePoint] = 1;
  return set;
};
export const setFrom = (map: ReadonlyMap<number, unknown>): CodePointSet =>
  setOf(...[]).map((_, c) => (map.has(c) ? 1 : 0));
export const complement = (set: CodePointSet): CodePointSet => set.map((bit) => 1 - bit);
export const union = (a: CodePointSet, b: CodePointSet): CodePointSet => a.map((bit, c) => bit | (b[c] ?? 0));

/** @throws Error with the text of the pattern. */
export function parseRegex(pattern: string): Regex {
  return new Parser(pattern).parse();
}

const NAMES = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co'.split(' ');
const CATEGORIES = parseRangeTable(classes.CATEGORIES);

function category(name: string): CodePointSet | undefined {
  const numbers = new Set(NAMES.flatMap((known, i) => (known.startsWith(name) ? [i + 1] : [])));
  if (numbers.size === 0 || name.length > 2 || name === 'C') return undefined;
  return setOf().map((_, c) => (numbers.has(CATEGORIES[c] ?? 0) ? 1 : 0));
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, '0': 0 };
const SETS: Readonly<Record<string, string>> = {
  s: classes.REGEX_SPACE,
  w: classes.REGEX_WORD,
  d: classes.REGEX_DIGIT,
};
/** ² ³ ¹ ¼ ½ ¾, which Oniguruma counts as `\w` where that stands alone, and not between brackets: it has a table for Latin-1 there. */
const LONE_WORD = [0xb2, 0xb3, 0xb9, 0xbc, 0xbd, 0xbe];
/** Letters of the alphabet that something other than their own other case equals without case. */
const FOLDED: Readonly<Record<string, number>> = { s: 0x17f, k: 0x212a };

class Parser {
  readonly #pattern: string;
  #at = 0;
  #ignoreCase = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Regex {
    const whole = this.#choice();
    if (this.#at < this.#pattern.length) this.#refuse(`"${this.#pattern[this.#at]}"`);
    return whole;
  }

  #refuse(what: string): never {
    throw new Error(`regular expression ${JSON.stringify(this.#pattern)}: ${what} is not supported`);
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #char(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? this.#refuse('an end here'));
    this.#at += char.length;
    return char;
  }

  #choice(): Regex {
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    return { kind: 'choice', items };
  }

  #sequence(): Regex {
    const items: Regex[] = [];
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at] ?? '')) items.push(this.#repeat());
    return { kind: 'sequence', items };
  }

  #repeat(): Regex {
    let item = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return item;
      if (item.kind === 'ahead') this.#refuse('a repeated lookahead');
      item = { kind: 'repeat', item, least: bounds[0], most: bounds[1] };
      if (this.#take('?')) this.#refuse('a lazy repeat');
      if (this.#pattern[this.#at] === '+' && this.#pattern[this.#at - 1] !== '}') this.#refuse('a possessive repeat');
    }
  }

  #bounds(): [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const found = /^\{(\d*)(,?)(\d*)\}/.exec(this.#pattern.slice(this.#at));
    if (found === null || found[0] === '{}' || found[0] === '{,}') return undefined;
    this.#at += found[0].length;
    const least = Number(found[1] || 0);
    const most = found[2] === '' ? least : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
    if (most < least || least > 1000 || (most > 1000 && most < Number.POSITIVE_INFINITY)) this.#refuse(found[0]);
    return [least, most];
  }

  #atom(): Regex {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { kind: 'set', set: this.#class() };
    if (this.#take('.')) return { kind: 'set', set: complement(setOf(10)) };
    if (this.#take('\\')) {
      if (this.#take('z')) return { kind: 'ahead', set: setOf(), atEnd: true };
      const name = this.#pattern[this.#at];
      const escaped = this.#escape();
      if (typeof escaped === 'number') return { kind: 'set', set: this.#literal(escaped) };
      if (name === 'w' || name === 'W') for (const c of LONE_WORD) escaped[c] = name === 'w' ? 1 : 0;
      return { kind: 'set', set: escaped };
    }
    const char = this.#char();
    if ('^$*+?'.includes(char)) this.#refuse(`"${char}"`);
    return { kind: 'set', set: this.#literal(char.codePointAt(0) ?? 0) };
  }

  #group(): Regex {
    const outer = this.#ignoreCase;
    if (this.#take('?')) {
      if (this.#take('!') || this.#take('=')) return this.#ahead(this.#pattern[this.#at - 1] === '!');
      if (this.#take('i:')) this.#ignoreCase = true;
      else if (!this.#take(':')) this.#refuse(`"(?${this.#pattern[this.#at] ?? ''}"`);
    }
    const inner = this.#choice();
    if (!this.#take(')')) this.#refuse('a group without an end');
    this.#ignoreCase = outer;
    return inner;
  }

  #ahead(negative: boolean): Regex {
    const inner = this.#choice();
    if (!this.#take(')')) this.#refuse('a group without an end');
    let only = inner;
    while ((only.kind === 'choice' || only.kind === 'sequence') && only.items.length === 1)
      only = only.items[0] ?? only;
    if (only.kind !== 'set') this.#refuse('a lookahead of more than one character');
    return { kind: 'ahead', set: negative ? complement(only.set) : only.set, atEnd: negative };
  }

  #class(): CodePointSet {
    const negative = this.#take('^');
    let set = setOf();
    for (let first = true; first || this.#pattern[this.#at] !== ']'; first = false) {
      if (this.#take('[')) {
        if (this.#pattern[this.#at] === ':') this.#refuse('a POSIX bracket');
        set = union(set, this.#class());
        continue;
      }
      if (this.#pattern.startsWith('&&', this.#at)) this.#refuse('an intersection');
      const low = this.#take('\\') ? this.#escape() : (this.#char().codePointAt(0) ?? 0);
      if (typeof low !== 'number') {
        set = union(set, low);
        continue;
      }
      let high = low;
      if (this.#pattern[this.#at] === '-' && this.#pattern[this.#at + 1] !== ']') {
        this.#at++;
        const end = this.#take('\\') ? this.#escape() : (this.#char().codePointAt(0) ?? 0);
        if (typeof end !== 'number' || end < low) this.#refuse('a range to that');
        else high = end;
      }
      for (let c = low; c <= high; c++) {
        if (this.#ignoreCase) set = union(set, this.#literal(c));
        else set[c] = 1;
      }
    }
    this.#at++;
    return negative ? complement(set) : set;
  }

  #escape(): number | CodePointSet {
    const char = this.#char();
    const lower = char.toLowerCase();
    if (lower === 'p') {
      const found = /^\{(\^?)(\w+)\}/.exec(this.#pattern.slice(this.#at));
      const set = found === null ? undefined : category(found[2] ?? '');
      if (found === null || set === undefined) this.#refuse(`\\${char}${found?.[0] ?? ''}`);
      else {
        this.#at += found[0].length;
        return (char === 'P') !== (found[1] === '^') ? complement(set) : set;
      }
    }
    const packed = SETS[lower];
    if (packed !== undefined) {
      const set = setFrom(parseRanges(packed));
      return char === lower ? set : complement(set);
    }
    if (char === 'x' || char === 'u') {
      const found = /^\{([0-9a-f]+)\}|^[0-9a-f]{2}(?:[0-9a-f]{2})?/i.exec(this.#pattern.slice(this.#at));
      const digits = found?.[1] ?? found?.[0].slice(0, char === 'x' ? 2 : 4);
      if (found === null || digits === undefined) this.#refuse(`\\${char}`);
      else {
        this.#at += found[1] === undefined ? digits.length : found[0].length;
        return Number.parseInt(digits, 16);
      }
    }
    const control = ESCAPES[char];
    if (control !== undefined) return control;
    if (/\w/.test(char)) this.#refuse(`\\${char}`);
    return char.codePointAt(0) ?? 0;
  }

  #literal(codePoint: number): CodePointSet {
    const char = String.fromCodePoint(codePoint);
    if (!this.#ignoreCase) return setOf(codePoint);
    const cases = [char.toLowerCase(), char.toUpperCase()].filter((c) => [...c].length === 1);
    const folded = FOLDED[char.toLowerCase()];
    return setOf(codePoint, ...cases.map((c) => c.codePointAt(0) ?? 0), ...(folded === undefined ? [] : [folded]));
  }
}
