// Other views of the same buffer: what an exporter writes as Reshape, Transpose, Slice, Expand… costs nothing.

import { add, type Dim, divideExactly, isEqual, isNumber, multiply, ONE, toNumber, ZERO } from './dim.ts';
import { contiguousStrides, isContiguous, lengthOf, type View } from './ir.ts';

export function transpose(view: View, order: readonly number[]): View {
  return {
    ...view,
    dims: order.map((axis) => view.dims[axis] ?? ONE),
    strides: order.map((axis) => view.strides[axis] ?? ZERO),
  };
}

/** Whether all of its buffer is in it, each element once: turned round, perhaps, but not cut or repeated. The strides of a weight are known. */
export function isAll(view: View): boolean {
  const strideOf = (axis: number) => toNumber(view.strides[axis] ?? ZERO) ?? 0;
  const inOrder = transpose(
    view,
    [...view.dims.keys()].sort((a, b) => strideOf(b) - strideOf(a)),
  );
  return isContiguous(inOrder) && isNumber(view.offset, 0) && isEqual(lengthOf(view), view.buffer.length);
}

/** `length` elements of an axis from `start` on, each `step`-th. */
export function slice(view: View, axis: number, start: Dim, length: Dim, step: Dim = ONE): View {
  const stride = view.strides[axis] ?? ZERO;
  return {
    ...view,
    offset: add(view.offset, multiply(start, stride)),
    dims: view.dims.with(axis, length),
    strides: view.strides.with(axis, multiply(stride, step)),
  };
}

/** Dimensions of 1 are repeated, and further ones stand before them. */
export function expand(view: View, dims: readonly Dim[]): View {
  const missing = dims.length - view.dims.length;
  return {
    ...view,
    dims,
    strides: dims.map((dim, i) => {
      const own = view.dims[i - missing];
      if (!own || (isNumber(own, 1) && !isNumber(dim, 1))) return ZERO;
      return view.strides[i - missing] ?? ZERO;
    }),
  };
}

/**
 * The same elements in the same order under other dimensions; undefined where no strides can say it.
 * Both lists are walked together: what a run of old dimensions holds, a run of new ones has to hold.
 */
export function reshape(view: View, dims: readonly Dim[]): View | undefined {
  if (isContiguous(view)) return { ...view, dims, strides: contiguousStrides(dims) };
  const old = view.dims
    .map((dim, i) => ({ dim, stride: view.strides[i] ?? ZERO }))
    .filter(({ dim }) => !isNumber(dim, 1));
  const strides: Dim[] = dims.map(() => ZERO);
  let at = 0;
  let next = 0;
  while (at < old.length) {
    const group = runOf(old.slice(at), dims, next);
    if (!group) return undefined;
    let stride = old[at + group.old - 1]?.stride ?? ONE;
    for (let axis = group.end - 1; axis >= next; axis--) {
      strides[axis] = stride;
      stride = multiply(stride, dims[axis] ?? ONE);
    }
    at += group.old;
    next = group.end;
  }
  return dims.slice(next).every((dim) => isNumber(dim, 1)) ? { ...view, dims, strides } : undefined;
}

interface OldAxis {
  readonly dim: Dim;
  readonly stride: Dim;
}

/** How many old dimensions, which must lie side by side, hold what the new ones up to `end` do. */
function runOf(old: readonly OldAxis[], dims: readonly Dim[], start: number): { old: number; end: number } | undefined {
  let held = old[0]?.dim ?? ONE;
  let wanted = dims[start] ?? ONE;
  let count = 1;
  let end = start + 1;
  while (!isEqual(held, wanted)) {
    if (end < dims.length && (isNumber(wanted, 1) || (divideExactly(held, wanted) && !divideExactly(wanted, held)))) {
      wanted = multiply(wanted, dims[end++] ?? ONE);
      continue;
    }
    const [last, next] = [old[count - 1], old[count]];
    if (!last || !next || !isEqual(last.stride, multiply(next.stride, next.dim))) return undefined;
    held = multiply(held, next.dim);
    count++;
  }
  return { old: count, end };
}

/** Whether the elements along an axis lie side by side. */
export function hasUnitStride({ dims, strides }: View, axis: number): boolean {
  return isNumber(dims[axis] ?? ONE, 1) || isNumber(strides[axis] ?? ZERO, 1);
}
