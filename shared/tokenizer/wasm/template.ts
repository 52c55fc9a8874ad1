// The post-processor: special tokens around the texts by a template, into the arrays that the host hands out.
// Source: Hugging Face tokenizers, TemplateProcessing::apply_template. The answer is one block for n tokens:
//
//   | ids 4n | offsets 8n | words 4n | types n | attention n | special n | sequences n |

import {
  MAX_TEMPLATE_STEPS,
  RESULT_BYTES,
  TEMPLATE_SEQUENCE,
  TEMPLATE_SPECIAL,
  TEMPLATE_STEP_BYTES,
} from '../format';
import { take } from './memory';
import { TOKEN_BYTES } from './tokens';
import { trimOffsets } from './trim';

let steps: usize = 0;
let singleCount: u32 = 0;
let pairCount: u32 = 0;

let ids: usize = 0;
let offsets: usize = 0;
let words: usize = 0;
let types: usize = 0;
let attention: usize = 0;
let special: usize = 0;
let sequences: usize = 0;
let filled: usize = 0;

/** Takes the section if every step in it is known and names an id below `idCount`. */
export function isTemplateSound(section: usize, bytes: u32, idCount: u32): bool {
  singleCount = load<u32>(section);
  pairCount = load<u32>(section, 4);
  if (max(singleCount, pairCount) > <u32>MAX_TEMPLATE_STEPS) return false;
  if (bytes != 8 + (singleCount + pairCount) * TEMPLATE_STEP_BYTES) return false;
  steps = section + 8;
  for (let i: u32 = 0; i < singleCount + pairCount; i++) {
    const step = steps + i * TEMPLATE_STEP_BYTES;
    const kind = load<u32>(step);
    if (kind != TEMPLATE_SPECIAL && kind != TEMPLATE_SEQUENCE) return false;
    if (load<u32>(step, 4) >= (kind == TEMPLATE_SPECIAL ? idCount : i < singleCount ? 1 : 2)) return false;
  }
  return true;
}

/** How many special tokens the template adds. */
export function specialTokens(pair: bool): u32 {
  let count: u32 = 0;
  const end = lastStep(pair);
  for (let step = firstStep(pair); step < end; step += TEMPLATE_STEP_BYTES) {
    if (load<u32>(step) == TEMPLATE_SPECIAL) count++;
  }
  return count;
}

/** How many tokens the template makes of two texts of `first` and `second` tokens. */
export function templateLength(pair: bool, withSpecial: bool, first: u32, second: u32): u64 {
  let total: u64 = 0;
  const end = lastStep(pair);
  for (let step = firstStep(pair); step < end; step += TEMPLATE_STEP_BYTES) {
    if (load<u32>(step) == TEMPLATE_SPECIAL) total += withSpecial ? 1 : 0;
    else total += load<u32>(step, 4) ? second : first;
  }
  return total;
}

/** The block of `total` tokens, or 0 if there is not enough memory. A text's tokens are the records [first, firstEnd). */
export function applyTemplate(
  pair: bool,
  withSpecial: bool,
  total: u32,
  first: usize,
  firstEnd: usize,
  second: usize,
  secondEnd: usize,
): usize {
  const block = take(<u64>total * RESULT_BYTES);
  if (!block) return 0;
  ids = block;
  offsets = ids + 4 * total;
  words = offsets + 8 * total;
  types = words + 4 * total;
  attention = types + total;
  special = attention + total;
  sequences = special + total;
  filled = 0;
  memory.fill(attention, 1, total);
  const end = lastStep(pair);
  for (let step = firstStep(pair); step < end; step += TEMPLATE_STEP_BYTES) {
    const value = load<u32>(step, 4);
    const type = <u8>load<u32>(step, 8);
    if (load<u32>(step) == TEMPLATE_SPECIAL) {
      if (withSpecial) putSpecial(value, type);
    } else if (value == 0) {
      putSequence(first, firstEnd, type, 0);
    } else {
      putSequence(second, secondEnd, type, 1);
    }
  }
  return block;
}

@inline
function firstStep(pair: bool): usize {
  return pair ? steps + singleCount * TEMPLATE_STEP_BYTES : steps;
}

@inline
function lastStep(pair: bool): usize {
  return steps + (pair ? singleCount + pairCount : singleCount) * TEMPLATE_STEP_BYTES;
}

function putSpecial(id: u32, type: u8): void {
  store<u32>(ids + (filled << 2), id);
  store<u64>(offsets + (filled << 3), 0);
  store<i32>(words + (filled << 2), -1);
  store<u8>(types + filled, type);
  store<u8>(special + filled, 1);
  store<i8>(sequences + filled, -1);
  filled++;
}

function putSequence(token: usize, end: usize, type: u8, sequence: u8): void {
  const count = (end - token) / TOKEN_BYTES;
  memory.fill(types + filled, type, count);
  memory.fill(special + filled, 0, count);
  memory.fill(sequences + filled, sequence, count);
  const begin = filled;
  for (; token < end; token += TOKEN_BYTES) {
    store<u32>(ids + (filled << 2), load<u32>(token));
    store<u64>(offsets + (filled << 3), load<u64>(token, 4));
    store<u32>(words + (filled << 2), load<u32>(token, 12));
    filled++;
  }
  trimOffsets(offsets + (begin << 3), ids + (begin << 2), <u32>count);
}
