// Walking up to three tensors together, each with its own strides. The dimensions are first made as few as they can be: those of size 1
// fall away, and two that lie in every tensor like one become one. So a command on six dimensions mostly runs as one long row.

import { MAX_RANK } from '../command-format';

const MAX_TENSORS = 3;
const sizes: usize = memory.data(4 * MAX_RANK, 16);
const counters: usize = memory.data(4 * MAX_RANK, 16);
const strides: usize = memory.data(4 * MAX_RANK * MAX_TENSORS, 16);

/** Dimensions that are left; at least 1. */
export let rank: i32 = 0;
/** Where the walk is in each tensor. */
export let first: usize = 0;
export let second: usize = 0;
export let third: usize = 0;

@inline
export function sizeOf(dimension: i32): i32 {
  return load<i32>(sizes + 4 * dimension);
}

/** In elements. */
@inline
export function strideOf(tensor: i32, dimension: i32): i32 {
  return load<i32>(strides + 4 * (tensor * MAX_RANK + dimension));
}

@inline
function setStride(tensor: i32, dimension: i32, stride: i32): void {
  store<i32>(strides + 4 * (tensor * MAX_RANK + dimension), stride);
}

/** Reads rank × size, then for each tensor rank × stride. False where there is no element at all. */
export function startWalk(words: usize, dimensions: i32, tensors: i32): bool {
  rank = 0;
  for (let d = 0; d < dimensions; d++) {
    const size = load<i32>(words + 4 * d);
    if (size <= 0) return false;
    if (size == 1) continue;
    let joins = rank > 0;
    for (let t = 0; t < tensors; t++) {
      const stride = load<i32>(words + 4 * ((t + 1) * dimensions + d));
      joins = joins && strideOf(t, rank - 1) == stride * size;
    }
    const to = joins ? rank - 1 : rank++;
    store<i32>(sizes + 4 * to, joins ? sizeOf(to) * size : size);
    for (let t = 0; t < tensors; t++) setStride(t, to, load<i32>(words + 4 * ((t + 1) * dimensions + d)));
  }
  if (rank == 0) {
    rank = 1;
    store<i32>(sizes, 1);
    for (let t = 0; t < tensors; t++) setStride(t, 0, 0);
  }
  memory.fill(counters, 0, 4 * MAX_RANK);
  return true;
}

export function startAt(a: usize, b: usize, c: usize): void {
  first = a;
  second = b;
  third = c;
}

/** On to the next place of the first `dimensions` ones; false behind the last. */
export function advance(dimensions: i32): bool {
  for (let d = dimensions - 1; d >= 0; d--) {
    const size = sizeOf(d);
    const count = load<i32>(counters + 4 * d) + 1;
    const done = count == size;
    // Back to its beginning, or one further.
    const steps = done ? 1 - size : 1;
    first += 4 * strideOf(0, d) * steps;
    second += 4 * strideOf(1, d) * steps;
    third += 4 * strideOf(2, d) * steps;
    store<i32>(counters + 4 * d, done ? 0 : count);
    if (!done) return true;
  }
  return false;
}
