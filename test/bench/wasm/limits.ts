// What kernels are measured against: reading memory and nothing else, and dot products and nothing else. Compiled by asc.

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

/** `rounds` × 12 relaxed dot products, 16 multiplications each, on as many sums. */
export function dots(rounds: usize): i32 {
  let a = i32x4.splat(<i32>rounds);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  let i = a;
  let j = a;
  let k = a;
  let l = a;
  const w = i32x4.splat(0x01020304);
  const x = i32x4.splat(<i32>rounds);
  for (; rounds > 0; rounds--) {
    a = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, a);
    b = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, b);
    c = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, c);
    d = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, d);
    e = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, e);
    f = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, f);
    g = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, g);
    h = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, h);
    i = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, i);
    j = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, j);
    k = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, k);
    l = i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, l);
  }
  a = i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
  e = i32x4.add(i32x4.add(e, f), i32x4.add(g, h));
  i = i32x4.add(i32x4.add(i, j), i32x4.add(k, l));
  return i32x4.extract_lane(i32x4.add(i32x4.add(a, e), i), 0);
}
