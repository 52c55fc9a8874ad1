// How many tokens of each text are kept. Source: Hugging Face tokenizers, truncate_encodings.

import {
  ERROR_NO_SECOND,
  ERROR_TOO_SHORT,
  STRATEGY_LONGEST_FIRST,
  STRATEGY_ONLY_FIRST,
  STRATEGY_ONLY_SECOND,
} from '../format';

/** The answer. */
export let keepFirst: u32 = 0;
export let keepSecond: u32 = 0;

/** Brings texts of `first` and `second` tokens to `most` together, special tokens not counted. 0, or an error code. */
export function truncate(strategy: u32, most: u32, pair: bool, first: u32, second: u32): i32 {
  keepFirst = first;
  keepSecond = second;
  if (first + second <= most) return 0;
  if (most == 0) {
    keepFirst = 0;
    keepSecond = 0;
    return 0;
  }
  const surplus = first + second - most;
  if (strategy == STRATEGY_ONLY_FIRST) {
    if (first <= surplus) return ERROR_TOO_SHORT;
    keepFirst = first - surplus;
  } else if (strategy == STRATEGY_ONLY_SECOND) {
    if (!pair) return ERROR_NO_SECOND;
    if (second <= surplus) return ERROR_TOO_SHORT;
    keepSecond = second - surplus;
  } else if (strategy == STRATEGY_LONGEST_FIRST) {
    longestFirst(most, pair);
  }
  return 0;
}

/** The longer text gives way until both are equal, then both, the odd token to the longer. */
function longestFirst(most: u32, pair: bool): void {
  if (!pair) {
    keepFirst = most;
    return;
  }
  const swapped = keepFirst > keepSecond;
  let shorter = min(keepFirst, keepSecond);
  let longer = shorter > most ? shorter : max(shorter, most - shorter);
  if (shorter + longer > most) {
    shorter = most / 2;
    longer = shorter + (most % 2);
  }
  keepFirst = swapped ? longer : shorter;
  keepSecond = swapped ? shorter : longer;
}
