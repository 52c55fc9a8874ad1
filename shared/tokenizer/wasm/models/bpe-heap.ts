// Merges the symbols of a long word: the pairs that may be merged lie in a heap, by rank and then by place. Cost is n log n.

import { reserveTokens } from '../tokens';
import { mergedId, NONE, rankOf, SYMBOL } from './bpe-merges';

let symbols: usize = 0;
let heap: usize = 0;
let heapSize: u32 = 0;

/** Merges the `count` symbols at `start`, where tokens go next; false if there is not enough memory. */
export function mergeByHeap(start: usize, count: u32): bool {
  // Behind the symbols: two pairs for each at most.
  if (!reserveTokens(2 * count + 1)) return false;
  symbols = start;
  heap = symbols + <usize>count * SYMBOL;
  heapSize = 0;
  for (let i: u32 = 0; i + 1 < count; i++) offer(i, i + 1);
  while (heapSize > 0) {
    const entry = load<u64>(heap);
    popHeap();
    const left = <u32>entry;
    const best = <u32>(entry >>> 32);
    const symbol = symbols + <usize>left * SYMBOL;
    if (load<u32>(symbol, 12) == 0) continue;
    const right = load<i32>(symbol, 8);
    if (right >= <i32>count) continue;
    const other = symbols + <usize>right * SYMBOL;
    if (rankOf(load<u32>(symbol), load<u32>(other)) != best) continue;
    store<u32>(symbol, mergedId(best));
    store<u32>(symbol, load<u32>(symbol, 12) + load<u32>(other, 12), 12);
    store<u32>(other, 0, 12);
    const next = load<i32>(other, 8);
    store<i32>(symbol, next, 8);
    if (next < <i32>count) {
      store<i32>(symbols + <usize>next * SYMBOL, <i32>left, 4);
      offer(left, next);
    }
    const before = load<i32>(symbol, 4);
    if (before >= 0) offer(before, left);
  }
  return true;
}

/** Puts the pair into the heap, by rank and then by place. */
function offer(left: u32, right: u32): void {
  const own = rankOf(load<u32>(symbols + <usize>left * SYMBOL), load<u32>(symbols + <usize>right * SYMBOL));
  if (own == NONE) return;
  const entry = (<u64>own << 32) | left;
  let place = heapSize++;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const above = load<u64>(heap + (<usize>parent << 3));
    if (above <= entry) break;
    store<u64>(heap + (<usize>place << 3), above);
    place = parent;
  }
  store<u64>(heap + (<usize>place << 3), entry);
}

function popHeap(): void {
  heapSize--;
  const entry = load<u64>(heap + (<usize>heapSize << 3));
  let place: u32 = 0;
  while (true) {
    let child: u32 = 2 * place + 1;
    if (child >= heapSize) break;
    if (child + 1 < heapSize && load<u64>(heap + ((<usize>child + 1) << 3)) < load<u64>(heap + (<usize>child << 3))) child++;
    const below = load<u64>(heap + (<usize>child << 3));
    if (below >= entry) break;
    store<u64>(heap + (<usize>place << 3), below);
    place = child;
  }
  store<u64>(heap + (<usize>place << 3), entry);
}
