// Floats as words of a program.

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** A float as its bits. */
export function bitsOf(value: number): number {
  floats[0] = value;
  return bits[0] ?? 0;
}
