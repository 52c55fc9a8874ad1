// The general pipeline as the file describes it: which steps, which model, and the proof that each stays inside the pool.

import {
  BEHAVIOUR_CONTIGUOUS,
  MAX_STEPS,
  PREPEND_ALWAYS,
  STEP_BYTES,
  STEP_COMPOSE,
  STEP_DECOMPOSE,
  STEP_MAP,
  STEP_METASPACE,
  STEP_PRECOMPILED,
  STEP_PREFIX_SPACE,
  STEP_PREPEND,
  STEP_REPLACE,
  STEP_SCRIPTS,
  STEP_SPLIT,
  STEP_STRIP,
  STEP_SURROUND,
} from '../pipeline-format';
import { isAutomatonSound } from './automaton';
import { areClassesSound, isMapSound } from './code-points';
import { changeText, usePool } from './normalize';
import { splitByPattern, splitByScript } from './split';
import { isTrieSound } from './trie';
import { arePairsSound } from './unicode-forms';
import { isUtf8 } from './utf8';

const HEADER: u32 = 8;

let steps: usize = 0;
let normalizers: u32 = 0;
let preTokenizers: u32 = 0;
let pool: usize = 0;
let poolBytes: u32 = 0;

/** Takes the section if every step is known and all that it names lies whole in the pool. */
export function openSteps(section: usize, bytes: u32, poolStart: usize, poolLength: u32): bool {
  normalizers = load<u32>(section);
  preTokenizers = load<u32>(section, 4);
  steps = section + HEADER;
  pool = poolStart;
  poolBytes = poolLength;
  usePool(pool);
  if (normalizers > <u32>MAX_STEPS || preTokenizers > <u32>MAX_STEPS) return false;
  if (bytes != HEADER + (normalizers + preTokenizers) * STEP_BYTES) return false;
  for (let i: u32 = 0; i < normalizers + preTokenizers; i++) {
    if (!isStepSound(steps + <usize>i * STEP_BYTES, i < normalizers)) return false;
  }
  return true;
}

/** Runs the normalizer over every part; false if there is not enough memory. */
export function normalizeParts(): bool {
  for (let i: u32 = 0; i < normalizers; i++) if (!changeText(steps + <usize>i * STEP_BYTES)) return false;
  return true;
}

/** Runs the pre-tokenizer over every part; false if there is not enough memory. */
export function splitParts(): bool {
  for (let i = normalizers; i < normalizers + preTokenizers; i++) {
    const step = steps + <usize>i * STEP_BYTES;
    const kind = load<u32>(step);
    const a = pool + load<u32>(step, 4);
    const done =
      kind == STEP_SPLIT
        ? splitByPattern(a, load<u32>(step, 8), load<u32>(step, 12) != 0)
        : kind == STEP_SCRIPTS
          ? splitByScript(a)
          : changeText(step);
    if (!done) return false;
  }
  return true;
}

function isStepSound(step: usize, normalizes: bool): bool {
  const end = pool + poolBytes;
  const a = load<u32>(step, 4);
  const b = load<u32>(step, 8);
  const c = load<u32>(step, 12);
  const d = load<u32>(step, 16);
  const e = load<u32>(step, 20);
  switch (load<u32>(step)) {
    case STEP_MAP:
      return isInPool(a) && isMapSound(pool + a, end);
    case STEP_DECOMPOSE:
      return isInPool(a) && isInPool(b) && isMapSound(pool + a, end) && areClassesSound(pool + b, end, 256);
    case STEP_COMPOSE:
      return (
        isInPool(a) &&
        isInPool(b) &&
        isInPool(c) &&
        isMapSound(pool + a, end) &&
        areClassesSound(pool + b, end, 256) &&
        arePairsSound(pool + c, end)
      );
    case STEP_STRIP:
      return isInPool(c) && areClassesSound(pool + c, end, 256);
    case STEP_SURROUND:
      return isInPool(a) && areClassesSound(pool + a, end, 256);
    case STEP_REPLACE:
      return isInPool(a) && isAutomatonSound(pool + a, pool, end) && isContent(b, c);
    case STEP_PREPEND:
      return isContent(a, b);
    case STEP_PRECOMPILED:
      return (
        isStretch(a, b) &&
        isContent(c, d) &&
        d > 0 &&
        isInPool(e) &&
        isTrieSound(pool + a, b, d) &&
        areClassesSound(pool + e, end, 4)
      );
    case STEP_SPLIT:
      return !normalizes && isInPool(a) && b <= <u32>BEHAVIOUR_CONTIGUOUS && isAutomatonSound(pool + a, pool, end);
    case STEP_PREFIX_SPACE:
      return !normalizes;
    case STEP_METASPACE:
      return !normalizes && isContent(a, b) && c <= <u32>PREPEND_ALWAYS;
    case STEP_SCRIPTS:
      return !normalizes && isInPool(a) && areClassesSound(pool + a, end, 256);
  }
  return false;
}

@inline
function isInPool(offset: u32): bool {
  return offset % 4 == 0 && offset <= poolBytes;
}

function isContent(offset: u32, length: u32): bool {
  return isStretch(offset, length) && isUtf8(pool + offset, pool + offset + length);
}

@inline
function isStretch(offset: u32, length: u32): bool {
  return isInPool(offset) && length <= poolBytes - offset;
}
