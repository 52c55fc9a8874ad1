// GREATEST_OF_ROW: the few best of a long row. Nearly all of a vocabulary is passed over sixteen at a time, as none is over the worst of the
// best so far.

const TOGETHER: usize = 16;

// Of the command that is carried out.
let indices: usize = 0;
let sums: usize = 0;
let found: usize = 0;
let wanted: usize = 0;

export function greatestOfRow(out: usize, x: usize, columns: usize, addend: f32, count: usize): void {
  if (!count) return;
  indices = out;
  sums = out + 4 * count;
  found = 0;
  wanted = count;
  const addends = f32x4.splat(addend);
  let n: usize = 0;
  for (; n < count; n++) insert(n, load<f32>(x + 4 * n) + addend);
  let bound = worst();
  for (; n + TOGETHER <= columns; n += TOGETHER) {
    if (!isAnyOver(x + 4 * n, addends, f32x4.splat(bound))) continue;
    bound = insertOver(bound, x, addend, n, n + TOGETHER);
  }
  insertOver(bound, x, addend, n, columns);
}

@inline
function worst(): f32 {
  return load<f32>(sums + 4 * (wanted - 1));
}

@inline
function isAnyOver(x: usize, addends: v128, bounds: v128): bool {
  const a = f32x4.gt(f32x4.add(v128.load(x), addends), bounds);
  const b = f32x4.gt(f32x4.add(v128.load(x, 16), addends), bounds);
  const c = f32x4.gt(f32x4.add(v128.load(x, 32), addends), bounds);
  const d = f32x4.gt(f32x4.add(v128.load(x, 48), addends), bounds);
  return v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)));
}

/** Those of a stretch that are over the bound, which rises with each. */
function insertOver(bound: f32, x: usize, addend: f32, start: usize, end: usize): f32 {
  for (let n = start; n < end; n++) {
    const sum = load<f32>(x + 4 * n) + addend;
    if (!(sum > bound)) continue;
    insert(n, sum);
    bound = worst();
  }
  return bound;
}

/** Behind those that are no less. The last leaves, where all places are taken. */
function insert(n: usize, sum: f32): void {
  let place = found < wanted ? found++ : wanted - 1;
  for (; place > 0 && load<f32>(sums + 4 * (place - 1)) < sum; place--) {
    store<u32>(indices + 4 * place, load<u32>(indices + 4 * (place - 1)));
    store<f32>(sums + 4 * place, load<f32>(sums + 4 * (place - 1)));
  }
  store<u32>(indices + 4 * place, <u32>n);
  store<f32>(sums + 4 * place, sum);
}
