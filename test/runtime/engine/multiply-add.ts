// sum + x × y of floats as this machine's relaxed multiply-add gives it.

import emulated from './emulated.wasm';

const { fround } = Math;
const { squareLess } = new WebAssembly.Instance(emulated).exports as unknown as {
  squareLess(x: number, y: number): number;
};
const roundsOnce = squareLess(1 + 2 ** -12, 1 + 2 ** -11) !== 0;

const words = new DataView(new ArrayBuffer(8));

/** A number of 64 bits that is as far from one of 32 as from the next. */
function isBetween(x: number): boolean {
  words.setFloat64(0, x);
  return (words.getUint32(4) & 0x1fffffff) === 0x10000000;
}

/** For numbers that are not denormal, nor is what comes out. */
export function plus(sum: number, x: number, y: number): number {
  const product = x * y;
  if (!roundsOnce) return fround(sum + fround(product));
  // The product is exact in 64 bits, the sum is not: what rounding took off it (Knuth's two-sum) decides where it is a tie.
  const total = sum + product;
  const part = total - sum;
  const off = sum - (total - part) + (product - part);
  return fround(off !== 0 && isBetween(total) ? total + Math.sign(off) * Math.abs(total) * 2 ** -40 : total);
}
