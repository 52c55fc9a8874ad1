// FILL, RANGE, TRILU and CUMULATIVE_SUM: what makes tensors rather than changes them.

export function fill(out: usize, count: usize, bits: i32): void {
  const end = out + 4 * count;
  const four = i32x4.splat(bits);
  for (; out + 16 <= end; out += 16) v128.store(out, four);
  for (; out < end; out += 4) store<i32>(out, bits);
}

export function range(out: usize, count: usize, start: usize, step: usize, floats: bool): void {
  for (let i: usize = 0; i < count; i++) {
    if (floats) store<f32>(out + 4 * i, load<f32>(start) + <f32>i * load<f32>(step));
    else store<i32>(out + 4 * i, load<i32>(start) + <i32>i * load<i32>(step));
  }
}

/** Column c of row r lies on diagonal c - r. */
export function trilu(out: usize, x: usize, matrices: usize, rows: i32, columns: i32, k: i32, upper: bool): void {
  for (let m: usize = 0; m < matrices; m++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, out += 4, x += 4) {
        // In 64 bits: k is whatever the graph says.
        const distance = <i64>c - r - k;
        store<u32>(out, (upper ? distance >= 0 : distance <= 0) ? load<u32>(x) : 0);
      }
    }
  }
}

export function cumulativeSum(
  out: usize, x: usize, outer: usize, size: usize, inner: usize, exclusive: bool, reverse: bool, floats: bool,
): void {
  const step = inner * 4;
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      let at = (o * size * inner + i + (reverse ? (size - 1) * inner : 0)) * 4;
      let sum: f32 = 0;
      let total: i32 = 0;
      for (let n: usize = 0; n < size; n++, at += reverse ? -step : step) {
        // Read before it is written: out may be x.
        const float = load<f32>(x + at);
        const integer = load<i32>(x + at);
        const before = sum;
        const whole = total;
        sum += float;
        total += integer;
        if (floats) store<f32>(out + at, exclusive ? before : sum);
        else store<i32>(out + at, exclusive ? whole : total);
      }
    }
  }
}
