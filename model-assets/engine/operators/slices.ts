// Slices of tensors: other views of the same elements, from either end and with any step.
//
// Bounds beyond the ends of an axis are brought back to them, as in Python, where it can be told that they are. Where a size of the run
// decides, they are believed to lie within, and each run is held to it; but for two and more from the end, which may be all that there is.

import * as dim from '../dim.ts';
import { type Dim, ONE, toNumber, ZERO } from '../dim.ts';
import type { View } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import { slice } from '../views.ts';
import type { Call } from './operator.ts';
import { numbersIn, sizesIn } from './sizes.ts';

/** "To the end", as exporters write it; the other end is the negative. */
const FAR = 2 ** 31 - 1;

export function sliced(call: Call): View {
  const [starts, ends] = call.has(1)
    ? [sizesIn(call, 1), sizesIn(call, 2)]
    : [call.ints('starts') ?? [], call.ints('ends') ?? []].map((list) => list.map(dim.constant));
  const axes = numbersIn(call, 'axes', 3) ?? starts?.map((_, i) => i) ?? [];
  const steps = call.has(4) ? numbersIn(call, '', 4) : undefined;
  return axes.reduce((x, each, i) => {
    const axis = call.axis(each, x.dims.length);
    const [start, end, step] = [starts?.[i] ?? ZERO, ends?.[i] ?? ZERO, steps?.[i] ?? 1];
    if (step === 0) throw new Unsupported('a slice has a step of 0');
    const size = call.builder.resolve(x.dims[axis] ?? ONE);
    const { from, to } = step > 0 ? forwards(size, start, end) : backwards(size, start, end);
    const [first, behind] = step > 0 ? [from, to] : [dim.add(to, ONE), dim.add(from, ONE)];
    if (dim.isAtLeast(first, behind)) return slice(x, axis, ZERO, ZERO);
    call.builder.assume(ZERO, first);
    call.builder.assume(first, behind);
    call.builder.assume(behind, size);
    const length = dim.subtract(behind, first);
    const by = dim.constant(Math.abs(step));
    const count = Math.abs(step) === 1 ? length : dim.divide(dim.add(length, dim.subtract(by, ONE)), by);
    return slice(x, axis, from, count, dim.constant(step));
  }, call.input(0));
}

interface Bounds {
  readonly from: Dim;
  /** Behind the last, in the slice's direction. */
  readonly to: Dim;
}

function forwards(size: Dim, start: Dim, end: Dim): Bounds {
  const number = toNumber(end);
  // A number may well be more than a size that is not known; one more token than there is may not.
  const to = number === undefined || number <= 1 ? within(fromStart(size, end), ZERO, size) : dim.minimum(size, end);
  return { from: startOf(size, start), to: number !== undefined && number >= FAR ? size : to };
}

/** So many from the end may well be more than there are; of the last one it is believed that it is there. */
function startOf(size: Dim, start: Dim): Dim {
  const from = fromStart(size, start);
  return (toNumber(start) ?? 0) < -1 ? dim.maximum(ZERO, from) : within(from, ZERO, size);
}

function backwards(size: Dim, start: Dim, end: Dim): Bounds {
  const last = dim.subtract(size, ONE);
  const before = dim.constant(-1);
  return {
    from: (toNumber(start) ?? 0) >= FAR ? last : within(fromStart(size, start), before, last),
    to: (toNumber(end) ?? 0) <= -FAR ? before : within(fromStart(size, end), before, last),
  };
}

const fromStart = (size: Dim, bound: Dim) => (isNegative(bound) ? dim.add(size, bound) : bound);

/** The value, or the bound that it is known to be beyond. */
function within(value: Dim, least: Dim, most: Dim): Dim {
  if (dim.isAtLeast(value, most)) return most;
  return dim.isAtLeast(least, value) ? least : value;
}

/** Whether it is below 0 whatever the sizes, 0 or none of them being 0. */
export function isNegative({ terms }: Dim): boolean {
  return terms.length > 0 && terms.every(({ coefficient }) => coefficient < 0);
}
