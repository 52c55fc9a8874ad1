// The one owner of linear memory:
//
//   | statics | compiled tokenizer | text, padding, text, padding | work of this call …  | not yet grown
//   0         __heap_base          textStart                      top                    end of memory
//
// The compiled tokenizer is placed once; all behind it is forgotten when the next text is written. Memory only grows.

const PAGE: u64 = 65536;

export let tablesStart: usize = 0;
export let textStart: usize = 0;
/** First byte that this call has not taken. */
export let top: usize = 0;

/** Makes sure that memory reaches `end`; false if the engine will not give so much. */
export function reach(end: u64): bool {
  const size = <u64>memory.size() * PAGE;
  if (end <= size) return true;
  if (end > 0xffff0000) return false;
  return memory.grow(<i32>((end - size + PAGE - 1) / PAGE)) >= 0;
}

/** Room for the compiled tokenizer; 0 if there is not enough memory. */
export function placeTables(length: u32): usize {
  tablesStart = (__heap_base + 15) & ~15;
  const end = <u64>tablesStart + length + 15;
  if (!reach(end)) return 0;
  textStart = <usize>end & ~15;
  top = textStart;
  return tablesStart;
}

/** All that was taken so far is permanent. */
export function keepTaken(): void {
  textStart = (top + 15) & ~15;
}

/** Begins the work of a call behind the texts. */
export function startWork(start: usize): void {
  top = start;
}

/** Takes `length` bytes on a multiple of 16, not cleared; 0 if there is not enough memory. */
export function take(length: u64): usize {
  const start = (top + 15) & ~15;
  const end = <u64>start + length;
  if (!reach(end)) return 0;
  top = <usize>end;
  return start;
}
