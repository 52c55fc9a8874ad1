// Sizes that are known only when a graph is run, as polynomials over the names of its dimensions: `2·batch·sequence + 1`. Shapes are
// arithmetic on them, so that what an exporter writes as a dozen nodes about a shape is one expression before the graph is ever run.
//
// A name stands for a whole number from 0 on. What is no polynomial (a quotient that is not exact, the smaller of two) becomes an atom.

export type AtomOperation = 'div' | 'mod' | 'min' | 'max';

export type Atom =
  | { readonly key: string; readonly symbol: string }
  | { readonly key: string; readonly operation: AtomOperation; readonly a: Dim; readonly b: Dim };

interface Term {
  readonly coefficient: number;
  /** Sorted; an atom stands as often as it is a factor. */
  readonly atoms: readonly Atom[];
}

/** A polynomial. Two that are equal have the same key. */
export interface Dim {
  readonly key: string;
  readonly terms: readonly Term[];
}

export function constant(value: number): Dim {
  return normal([{ coefficient: value, atoms: [] }]);
}

export function symbol(name: string): Dim {
  // Exporters use names such as `past + 1` and `s0*s1`, which are no sums or products of others.
  const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
  return normal([{ coefficient: 1, atoms: [{ key, symbol: name }] }]);
}

export const ZERO = constant(0);
export const ONE = constant(1);

/** The number, where it is one. */
export function toNumber({ terms }: Dim): number | undefined {
  const [first] = terms;
  if (!first) return 0;
  return terms.length === 1 && first.atoms.length === 0 ? first.coefficient : undefined;
}

export const isEqual = (a: Dim, b: Dim) => a.key === b.key;
export const isNumber = (dim: Dim, value: number) => toNumber(dim) === value;

export function add(a: Dim, b: Dim): Dim {
  return normal([...a.terms, ...b.terms]);
}

export function negate(a: Dim): Dim {
  return normal(a.terms.map(({ coefficient, atoms }) => ({ coefficient: -coefficient, atoms })));
}

export const subtract = (a: Dim, b: Dim) => add(a, negate(b));

export function multiply(a: Dim, b: Dim): Dim {
  return normal(a.terms.flatMap((x) => b.terms.map((y) => times(x, y))));
}

export const product = (dims: readonly Dim[]) => dims.reduce(multiply, ONE);

/** Rounded down. */
export function divide(a: Dim, b: Dim): Dim {
  const exact = divideExactly(a, b);
  if (exact) return exact;
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x !== undefined && y) return constant(Math.floor(x / y));
  return atom('div', a, b);
}

export function modulo(a: Dim, b: Dim): Dim {
  if (divideExactly(a, b)) return ZERO;
  const [x, y] = [toNumber(a), toNumber(b)];
  return x !== undefined && y ? constant(x - y * Math.floor(x / y)) : atom('mod', a, b);
}

export const minimum = (a: Dim, b: Dim) => extreme('min', a, b);
export const maximum = (a: Dim, b: Dim) => extreme('max', a, b);

function extreme(operation: 'min' | 'max', a: Dim, b: Dim): Dim {
  if (isAtLeast(b, a)) return operation === 'min' ? a : b;
  if (isAtLeast(a, b)) return operation === 'min' ? b : a;
  return atom(operation, a, b);
}

/** Whether a is no less than b, whatever the sizes. False where it cannot be told. */
export function isAtLeast(a: Dim, b: Dim): boolean {
  return subtract(a, b).terms.every(({ coefficient, atoms }) => coefficient >= 0 && atoms.every(isCount));
}

/** Whether it is 0 or more: a name, what is made of two that are, or the greater of one that is and any. */
function isCount(each: Atom): boolean {
  if ('symbol' in each) return true;
  const [a, b] = [isAtLeast(each.a, ZERO), isAtLeast(each.b, ZERO)];
  return (a && b) || (each.operation === 'max' && (a || b));
}

/** The quotient, where it is a polynomial. */
export function divideExactly(a: Dim, b: Dim): Dim | undefined {
  const [lead] = b.terms;
  if (!lead) return undefined;
  let rest = a;
  let quotient = ZERO;
  // Long division; every step takes the leading term away.
  for (let step = 0; rest.terms.length > 0; step++) {
    const [top] = rest.terms;
    const term = top && step < 16 ? quotientOf(top, lead) : undefined;
    if (!term) return undefined;
    quotient = add(quotient, normal([term]));
    rest = subtract(rest, multiply(normal([term]), b));
  }
  return quotient;
}

/** How often b may be in a, what is left put aside: by each of b's terms, as of a sum any may be the one that is there alone. */
export function quotients(a: Dim, b: Dim): Dim[] {
  return b.terms.map((lead) =>
    normal(
      a.terms.flatMap(({ coefficient, atoms }) => {
        const whole = Math.floor(coefficient / lead.coefficient) * lead.coefficient;
        return quotientOf({ coefficient: whole, atoms }, lead) ?? [];
      }),
    ),
  );
}

/** -1, 0 or 1 where it is the same for whatever sizes; else undefined. */
export function signOf(dim: Dim): number | undefined {
  if (dim.terms.length === 0) return 0;
  const free = dim.terms.find(({ atoms }) => atoms.length === 0)?.coefficient ?? 0;
  if (free === 0) return undefined;
  const rest = dim.terms.filter(({ atoms }) => atoms.length > 0);
  const isClear = rest.every(
    ({ coefficient, atoms }) => Math.sign(coefficient) === Math.sign(free) && atoms.every((each) => 'symbol' in each),
  );
  return isClear ? Math.sign(free) : undefined;
}

/** `dim` with `name` replaced. */
export function substitute(dim: Dim, name: string, by: Dim): Dim {
  if (!mentions(dim, name)) return dim;
  return dim.terms
    .map(({ coefficient, atoms }) =>
      product([constant(coefficient), ...atoms.map((each) => substituteAtom(each, name, by))]),
    )
    .reduce(add, ZERO);
}

export function mentions(dim: Dim, name: string): boolean {
  return dim.terms.some(({ atoms }) =>
    atoms.some((each) => ('symbol' in each ? each.symbol === name : mentions(each.a, name) || mentions(each.b, name))),
  );
}

/** The name, where the polynomial is nothing else. */
export function toSymbol({ terms }: Dim): string | undefined {
  const [term] = terms;
  const [only] = term?.atoms ?? [];
  return terms.length === 1 && term?.coefficient === 1 && term.atoms.length === 1 && only && 'symbol' in only
    ? only.symbol
    : undefined;
}

/** As a person reads it. */
export function format(dim: Dim): string {
  if (dim.terms.length === 0) return '0';
  return dim.terms
    .map(({ coefficient, atoms }) => {
      const factors = atoms.map(formatAtom);
      return (coefficient === 1 && factors.length > 0 ? factors : [coefficient, ...factors]).join('·');
    })
    .join(' + ')
    .replaceAll('+ -', '- ');
}

const formatAtom = (atom: Atom) =>
  'symbol' in atom ? atom.symbol : `${atom.operation}(${format(atom.a)}, ${format(atom.b)})`;

function substituteAtom(each: Atom, name: string, by: Dim): Dim {
  if ('symbol' in each) return each.symbol === name ? by : symbol(each.symbol);
  const [a, b] = [substitute(each.a, name, by), substitute(each.b, name, by)];
  return { div: divide, mod: modulo, min: minimum, max: maximum }[each.operation](a, b);
}

function atom(operation: AtomOperation, a: Dim, b: Dim): Dim {
  const key = `${operation}(${a.key}, ${b.key})`;
  return normal([{ coefficient: 1, atoms: [{ key, operation, a, b }] }]);
}

function times(x: Term, y: Term): Term {
  const atoms = [...x.atoms, ...y.atoms].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { coefficient: x.coefficient * y.coefficient, atoms };
}

function quotientOf(x: Term, y: Term): Term | undefined {
  if (x.coefficient % y.coefficient !== 0) return undefined;
  const atoms = [...x.atoms];
  for (const { key } of y.atoms) {
    const at = atoms.findIndex((each) => each.key === key);
    if (at < 0) return undefined;
    atoms.splice(at, 1);
  }
  return { coefficient: x.coefficient / y.coefficient, atoms };
}

function keyOf({ atoms }: Term): string {
  return atoms.map(({ key }) => key).join('*');
}

/** Graded lexicographic: products of leading terms lead, on which the division rests. */
function compareTerms(x: Term, y: Term): number {
  if (x.atoms.length !== y.atoms.length) return y.atoms.length - x.atoms.length;
  const at = x.atoms.findIndex(({ key }, i) => key !== y.atoms[i]?.key);
  return (x.atoms[at]?.key ?? '') < (y.atoms[at]?.key ?? '') ? -1 : 1;
}

/** Like terms added, in their order, none that is 0. */
function normal(terms: readonly Term[]): Dim {
  const sums = new Map<string, Term>();
  for (const term of terms) {
    const key = keyOf(term);
    sums.set(key, { coefficient: (sums.get(key)?.coefficient ?? 0) + term.coefficient, atoms: term.atoms });
  }
  const kept = [...sums.values()].filter(({ coefficient }) => coefficient !== 0).sort(compareTerms);
  return { key: kept.map((term) => `${term.coefficient}*${keyOf(term)}`).join('+') || '0', terms: kept };
}
