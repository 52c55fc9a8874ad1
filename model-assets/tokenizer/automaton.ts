// Makes a regular expression into an automaton that finds what a backtracking engine would: a state is a list of places in the
// expression in the order in which such an engine would try them, and all behind one that matches are forgotten.
// Source: Cox, "Regular Expression Matching: the Virtual Machine Approach" (2009); matches are seen one code point late, as in
// Rust's regex-automata, which gives the lookahead of one code point for nothing. Layout: shared/tokenizer/pipeline-format.ts.

import { DEAD_STATE, MATCH_BEFORE } from '../../shared/tokenizer/pipeline-format.ts';
import type { Pool } from './pool.ts';
import type { CodePointSet, Regex } from './regex.ts';

const CODE_POINTS = 0x110000;

type Place =
  | { readonly kind: 'set'; readonly set: CodePointSet; next: number }
  | { readonly kind: 'ahead'; readonly set: CodePointSet; readonly atEnd: boolean; next: number }
  | { readonly kind: 'split'; next: number[] }
  | { readonly kind: 'match' };

/** The offset of the automaton of `regex`. `name` is its text, for errors. */
export function addAutomaton(pool: Pool, regex: Regex, name: string): number {
  const places: Place[] = [{ kind: 'match' }];
  const start = build(regex, 0, places);
  const { classes, representatives } = partition(places);
  const columns = representatives.length + 1;
  const rows: number[] = [];
  const numbers = new Map<string, number>([[String(start), 0]]);
  const pending: number[][] = [[start]];
  for (let state = 0; state < pending.length; state++) {
    const list = pending[state] ?? [];
    for (let column = 0; column < columns; column++) {
      const { next, matches } = step(places, list, representatives[column]);
      if (state === 0 && matches)
        throw new Error(`regular expression ${JSON.stringify(name)}: it matches nothing at all`);
      let entry = DEAD_STATE;
      if (next.length > 0) {
        const key = next.join();
        entry = numbers.get(key) ?? pending.push(next) - 1;
        numbers.set(key, entry);
        if (entry > 4000) throw new Error(`regular expression ${JSON.stringify(name)}: it needs more than 4000 states`);
      }
      rows.push(matches ? entry | MATCH_BEFORE : entry);
    }
  }
  const table = pool.addClasses(classes);
  const bytes = new Uint8Array(16 + 2 * rows.length);
  const offset = pool.reserve(bytes.length);
  new Uint32Array(bytes.buffer, 0, 4).set([pending.length, columns - 1, (table - offset) >>> 0, 0]);
  new Uint16Array(bytes.buffer, 16).set(rows);
  pool.fill(offset, bytes);
  return offset;
}

/** Adds the places of `regex`, which go on to `next`; returns the first. */
function build(regex: Regex, next: number, places: Place[]): number {
  const add = (place: Place): number => places.push(place) - 1;
  switch (regex.kind) {
    case 'set':
      return add({ kind: 'set', set: regex.set, next });
    case 'ahead':
      return add({ kind: 'ahead', set: regex.set, atEnd: regex.atEnd, next });
    case 'sequence':
      return regex.items.reduceRight((after, item) => build(item, after, places), next);
    case 'choice':
      return add({ kind: 'split', next: regex.items.map((item) => build(item, next, places)) });
    case 'repeat': {
      let after = next;
      if (regex.most === Number.POSITIVE_INFINITY) {
        const loop: Place = { kind: 'split', next: [] };
        after = add(loop);
        loop.next = [build(regex.item, after, places), next];
      } else {
        for (let i = regex.least; i < regex.most; i++) {
          after = add({ kind: 'split', next: [build(regex.item, after, places), next] });
        }
      }
      for (let i = 0; i < regex.least; i++) after = build(regex.item, after, places);
      return after;
    }
  }
}

/** What the places of `list` become over a code point, or over the end of the text if it is undefined. */
function step(places: readonly Place[], list: readonly number[], codePoint: number | undefined) {
  const seen = new Set<number>();
  const next: number[] = [];
  let matches = false;
  const visit = (index: number): void => {
    const place = places[index];
    if (matches || place === undefined || seen.has(index)) return;
    seen.add(index);
    if (place.kind === 'match') matches = true;
    else if (place.kind === 'split') for (const branch of place.next) visit(branch);
    else if (place.kind === 'ahead') {
      if (codePoint === undefined ? place.atEnd : place.set[codePoint] === 1) visit(place.next);
    } else if (codePoint !== undefined && place.set[codePoint] === 1 && !next.includes(place.next))
      next.push(place.next);
  };
  for (const index of list) visit(index);
  return { next, matches };
}

/** Classes of code points that no set tells apart, and one code point of each. */
function partition(places: readonly Place[]): { classes: Uint16Array; representatives: number[] } {
  const sets = new Set(places.flatMap((place) => (place.kind === 'set' || place.kind === 'ahead' ? [place.set] : [])));
  let classes = new Uint16Array(CODE_POINTS);
  for (const set of sets) {
    const numbers = new Map<number, number>();
    classes = classes.map((own, c) => {
      const key = own * 2 + (set[c] ?? 0);
      let number = numbers.get(key);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(key, number);
      }
      return number;
    });
  }
  const representatives: number[] = [];
  for (let c = 0; c < CODE_POINTS; c++) {
    const own = classes[c] ?? 0;
    if (own === representatives.length) representatives.push(c);
  }
  if (representatives.length > 255) throw new Error('a regular expression tells more than 255 classes apart');
  return { classes, representatives };
}
