// XXH32 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), its four lanes in one vector.

const PRIME_1: u32 = 0x9e3779b1;
const PRIME_2: u32 = 0x85ebca77;
const PRIME_3: u32 = 0xc2b2ae3d;
const PRIME_4: u32 = 0x27d4eb2f;
const PRIME_5: u32 = 0x165667b1;

/** Of the bytes [start, end). */
export function xxh32(start: usize, end: usize, seed: u32): u32 {
  let at = start;
  let hash = seed + PRIME_5;
  if (end - start >= 16) {
    let lanes = i32x4(seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1);
    const prime1 = i32x4.splat(PRIME_1);
    const prime2 = i32x4.splat(PRIME_2);
    for (; at + 16 <= end; at += 16) {
      lanes = i32x4.add(lanes, i32x4.mul(v128.load(at), prime2));
      lanes = i32x4.mul(v128.or(i32x4.shl(lanes, 13), i32x4.shr_u(lanes, 19)), prime1);
    }
    hash =
      rotl<u32>(i32x4.extract_lane(lanes, 0), 1) +
      rotl<u32>(i32x4.extract_lane(lanes, 1), 7) +
      rotl<u32>(i32x4.extract_lane(lanes, 2), 12) +
      rotl<u32>(i32x4.extract_lane(lanes, 3), 18);
  }
  hash += <u32>(end - start);
  for (; at + 4 <= end; at += 4) hash = rotl<u32>(hash + load<u32>(at) * PRIME_3, 17) * PRIME_4;
  for (; at < end; at++) hash = rotl<u32>(hash + load<u8>(at) * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ (hash >>> 15)) * PRIME_2;
  hash = (hash ^ (hash >>> 13)) * PRIME_3;
  return hash ^ (hash >>> 16);
}
