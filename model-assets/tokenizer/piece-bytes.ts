// The bytes of pieces, side by side: a vocabulary has tens of thousands, and as many arrays with memory of their own are a burden to whoever
// collects it.

const utf8 = new TextEncoder();
const BLOCK = 2 ** 16;

let block = new Uint8Array();
let used = 0;

/** UTF-8, to be read only. */
export function toBytes(piece: string): Uint8Array {
  const most = 3 * piece.length;
  if (block.length - used < most) {
    block = new Uint8Array(Math.max(BLOCK, most));
    used = 0;
  }
  const start = used;
  used += utf8.encodeInto(piece, block.subarray(start)).written;
  return block.subarray(start, used);
}
