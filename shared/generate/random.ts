// Numbers of chance that a seed brings back: xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it), its state filled from the
// seed by SplitMix32. Not for secrets.

export type Random = () => number;

/** Uniform in [0, 1) with 32 bits. Equal seeds give equal numbers. */
export function createRandom(seed: number): Random {
  let filler = seed >>> 0;
  // The upper half counts too: seeds may be larger than 32 bits.
  const upper = Math.floor(seed / 2 ** 32) >>> 0;
  const next = (): number => {
    filler = (filler + 0x9e3779b9) >>> 0;
    let z = filler;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next(), next() ^ upper, next(), next()];
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 2 ** 32;
  };
}

/** A seed where the caller gave none, so that it can be told and the answer had again. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
