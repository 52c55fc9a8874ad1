// Builds a trie over byte strings as a double array in darts-clone's unit layout; the bits are drawn in
// shared/tokenizer/format.ts. It shares no suffixes: ids are told apart at the leaves.
// Source of the placement: Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array Structure" (1989), with XOR.

import { NO_NODE, TRIE_BLOCK } from '../../shared/tokenizer/format.ts';

export interface Key {
  readonly bytes: Uint8Array;
  readonly id: number;
}

/** No unit. */
const NONE = -1;
const LEAF = 0x80000000;
const ENDS_HERE = 0x100;
const FAR = 0x200;
const MAX_OFFSET = 1 << 29;
/** Blocks, counted from the end, in which places are looked for: more are slower and hardly smaller. */
const OPEN_BLOCKS = 16;

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The units. Keys are not empty, hold no byte 0, and none is there twice. */
export function buildDoubleArray(keys: readonly Key[]): Uint32Array<ArrayBuffer> {
  const sorted = [...keys].sort((a, b) => compareBytes(a.bytes, b.bytes));
  for (const [i, key] of sorted.entries()) {
    if (key.bytes.length === 0 || key.bytes.includes(0)) throw new Error('a trie key is empty or holds a NUL byte');
    const previous = sorted[i - 1];
    if (previous !== undefined && compareBytes(previous.bytes, key.bytes) === 0)
      throw new Error('a trie key is there twice');
  }
  const places = new Places();
  places.take(0);
  places.units[0] = 0;

  // Each entry: the keys [begin, end), alike in their first `depth` bytes, hang below `node`.
  const pending: [node: number, begin: number, end: number, depth: number][] = [[0, 0, sorted.length, 0]];
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
    const [node, begin, end, depth] = top;
    const labels: number[] = [];
    const starts: number[] = [];
    for (let i = begin; i < end; i++) {
      const label = sorted[i]?.bytes[depth] ?? 0; // 0: the key ends here
      if (label !== labels[labels.length - 1]) {
        labels.push(label);
        starts.push(i);
      }
    }
    if (labels.length === 0) continue;
    const base = places.find(node, labels);
    const offset = node ^ base;
    const far = offset >= 1 << 21;
    places.units[node] = ((places.units[node] ?? 0) | (far ? ((offset >>> 8) << 10) | FAR : offset << 10)) >>> 0;
    for (const label of labels) places.take(base ^ label);
    for (let c = labels.length - 1; c >= 0; c--) {
      const label = labels[c] ?? 0;
      const start = starts[c] ?? begin;
      if (label === 0) {
        places.units[node] = ((places.units[node] ?? 0) | ENDS_HERE) >>> 0;
        places.units[base] = (LEAF | (sorted[start]?.id ?? 0)) >>> 0;
      } else {
        places.units[base ^ label] = label;
        pending.push([base ^ label, start, starts[c + 1] ?? end, depth + 1]);
      }
    }
  }
  return Uint32Array.from(places.units);
}

/** The node behind `prefix`, or NO_NODE. */
export function findNode(units: Uint32Array, prefix: Uint8Array): number {
  let node = 0;
  for (const byte of prefix) {
    const unit = units[node] ?? 0;
    node ^= ((unit >>> 10) << ((unit & FAR) >>> 6)) ^ byte;
    if (((units[node] ?? 0) & (LEAF | 0xff)) >>> 0 !== byte) return NO_NODE;
  }
  return node;
}

/** Which units are free, and which bases have been given out: two nodes with one base would see each other's children. */
class Places {
  readonly units: number[] = [];
  readonly #taken: boolean[] = [];
  readonly #basesTaken: boolean[] = [];
  /** The free units before and after each that is free, as a list: most are not, and every node looks for one. */
  readonly #before: number[] = [];
  readonly #after: number[] = [];
  #firstFree = 0;
  #lastFree = NONE;

  /** At base 0 the root, whose label is 0, would look like a child of its own. */
  constructor() {
    this.#grow();
    this.#basesTaken[0] = true;
  }

  take(place: number): void {
    while (place >= this.units.length) this.#grow();
    if (this.#taken[place]) return;
    this.#taken[place] = true;
    const [before = NONE, after = NONE] = [this.#before[place], this.#after[place]];
    if (before !== NONE) this.#after[before] = after;
    if (after !== NONE) this.#before[after] = before;
    if (this.#firstFree === place) this.#firstFree = after;
    if (this.#lastFree === place) this.#lastFree = before;
  }

  find(node: number, labels: readonly number[]): number {
    const first = labels[0] ?? 0;
    const floor = Math.max(this.units.length - OPEN_BLOCKS * TRIE_BLOCK, 0);
    // What lies before the open blocks is given up.
    while (this.#firstFree !== NONE && this.#firstFree < floor) this.take(this.#firstFree);
    for (let place = this.#firstFree; ; place = this.#after[place] ?? NONE) {
      if (place === NONE) place = this.#grow();
      const base = place ^ first;
      if (this.#basesTaken[base] || labels.some((label) => this.#taken[base ^ label])) continue;
      const offset = node ^ base;
      if (offset >= 1 << 21 && (offset & 0xff) !== 0) continue;
      if (offset >= MAX_OFFSET) throw new Error('the vocabulary is too large for a double array');
      this.#basesTaken[base] = true;
      return base;
    }
  }

  /** The first of the new units. Free units look like leaves, whose label no byte equals. */
  #grow(): number {
    const first = this.units.length;
    for (let i = 0; i < TRIE_BLOCK; i++) {
      const place = this.units.push(LEAF) - 1;
      this.#taken.push(false);
      this.#basesTaken.push(false);
      this.#before.push(this.#lastFree);
      this.#after.push(NONE);
      if (this.#lastFree === NONE) this.#firstFree = place;
      else this.#after[this.#lastFree] = place;
      this.#lastFree = place;
    }
    return first;
  }
}
