// Reading memory and nothing else: what a kernel that is bound by memory is measured against. Compiled by asc.

/** Eight sums that do not wait for one another. `bytes`: a multiple of 128. */
export function read(at: usize, bytes: usize): i32 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (const end = at + bytes; at < end; at += 128) {
    a = i32x4.add(a, v128.load(at));
    b = i32x4.add(b, v128.load(at, 16));
    c = i32x4.add(c, v128.load(at, 32));
    d = i32x4.add(d, v128.load(at, 48));
    e = i32x4.add(e, v128.load(at, 64));
    f = i32x4.add(f, v128.load(at, 80));
    g = i32x4.add(g, v128.load(at, 96));
    h = i32x4.add(h, v128.load(at, 112));
  }
  const sum = i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h)));
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}
