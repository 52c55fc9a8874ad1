// The four lanes of a vector as one number. Of what is not a number the extremes may make anything: who needs to know asks before.

@inline
function turned(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 0, 1);
}

@inline
function swapped(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 1, 0, 3, 2);
}

@inline
export function acrossMin(x: v128): f32 {
  const y = f32x4.pmin(x, turned(x));
  return f32x4.extract_lane(f32x4.pmin(y, swapped(y)), 0);
}

@inline
export function acrossMax(x: v128): f32 {
  const y = f32x4.pmax(x, turned(x));
  return f32x4.extract_lane(f32x4.pmax(y, swapped(y)), 0);
}

@inline
export function acrossSum(x: v128): f32 {
  const y = f32x4.add(x, turned(x));
  return f32x4.extract_lane(f32x4.add(y, swapped(y)), 0);
}

@inline
export function acrossTotal(x: v128): i32 {
  const y = i32x4.add(x, turned(x));
  return i32x4.extract_lane(i32x4.add(y, swapped(y)), 0);
}
