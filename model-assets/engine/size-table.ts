// Sizes as the program lists them: each is told by those before it.

import type { Size } from '../../shared/runtime/engine/program.ts';
import { type Dim, format, toNumber, toSymbol } from './dim.ts';
import { Unsupported } from './unsupported.ts';

/** Names that no input's dimension has: tokens for which caches have room. */
export const CAPACITY = 'capacity of the caches';
export const PAST_CAPACITY = 'capacity of the past';
/** Rows of the logits that are asked for, and the first of them. */
export const KEPT = 'rows that are kept';
export const FIRST_KEPT = 'first row that is kept';

export class SizeTable {
  readonly sizes: Size[] = [];
  /** Each as a person reads it. */
  readonly texts: string[] = [];
  readonly #known = new Map<string, number>();
  readonly #symbols: ReadonlyMap<string, Size>;

  /** `symbols`: which dimension of which input has a name. */
  constructor(symbols: ReadonlyMap<string, Size>) {
    this.#symbols = symbols;
  }

  /** The place of a size in the list. */
  add(size: Dim): number {
    const known = this.#known.get(size.key);
    if (known !== undefined) return known;
    const entry = this.#toSize(size);
    const at = this.sizes.push(entry) - 1;
    this.texts.push(format(size));
    this.#known.set(size.key, at);
    return at;
  }

  #toSize(size: Dim): Size {
    const value = toNumber(size);
    if (value !== undefined) return { kind: 'constant', value };
    const name = toSymbol(size);
    if (name !== undefined) return this.#symbol(name);
    const [term] = size.terms;
    const [only] = term?.atoms ?? [];
    if (size.terms.length === 1 && term?.coefficient === 1 && term.atoms.length === 1 && only && 'operation' in only) {
      return { kind: only.operation, a: this.add(only.a), b: this.add(only.b) };
    }
    const terms = size.terms.map(({ coefficient, atoms }) => ({
      coefficient,
      factors: atoms.map((atom) => this.add({ key: `1*${atom.key}`, terms: [{ coefficient: 1, atoms: [atom] }] })),
    }));
    return { kind: 'sum', terms };
  }

  #symbol(name: string): Size {
    if (name === CAPACITY) return { kind: 'capacity' };
    if (name === PAST_CAPACITY) return { kind: 'past capacity' };
    if (name === KEPT) return { kind: 'kept' };
    if (name === FIRST_KEPT) return { kind: 'first kept' };
    const size = this.#symbols.get(name);
    if (!size) throw new Unsupported(`no input has a dimension ${name}`);
    return size;
  }
}
