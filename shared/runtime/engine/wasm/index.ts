// The module's whole surface: numbers in and out, no imports. Memory behind `base` belongs to the host, which lays out weights, tensors,
// scratch and the commands there, and grows the memory itself.

import {
  ATTENTION, ATTENTION_I8, BINARY, COPY, CUMULATIVE_SUM, DONE, END, ERROR_COMMAND, FILL, GATHER, GATHER_BLOCKS, GATHER_I8, GREATEST_OF_ROW, LAYER_NORM,
  LINEAR_F32, LINEAR_I4, LINEAR_I8, MATMUL, MAX_RANK, RANGE, REDUCE, SCATTER, SELECT, SOFTMAX, TRILU, UNARY,
} from '../command-format';
import { attention } from './attention';
import { binary } from './binary';
import { gatherBlocks } from './blocks';
import { copy } from './copy';
import { greatestOfRow } from './greatest';
import { layerNorm } from './layer-norm';
import { linearBytes, linearFloats } from './linear';
import { linearInt4 } from './linear-int4';
import { matmul } from './matmul';
import { reduce } from './reduce';
import { gather, gatherBytes, scatter } from './rows';
import { select3 } from './select';
import { cumulativeSum, fill, range, trilu } from './sequences';
import { softmax } from './softmax';
import { unary } from './unary';

export { probe, setMode } from './mode';

/** The first byte that is the host's. */
export function base(): usize {
  return (__heap_base + 15) & ~15;
}

/** Carries out commands up to END. DONE, or an ERROR_ code; what stood before the command in error is done. */
export function run(commands: usize): i32 {
  let error: i32 = DONE;
  while (error == DONE && load<i32>(commands) != END) {
    const length = load<u32>(commands, 4);
    // A length that would not lead on is that of no command.
    error = length < 2 ? ERROR_COMMAND : execute(load<i32>(commands), commands + 8);
    commands += 4 * length;
  }
  return error;
}

/** The nth word of what a command says. */
@inline
function u(words: usize, n: usize): usize {
  return load<u32>(words + 4 * n);
}

@inline
function i(words: usize, n: usize): i32 {
  return load<i32>(words + 4 * n);
}

@inline
function known(is: bool): i32 {
  return is ? DONE : ERROR_COMMAND;
}

/** More dimensions would not fit where a walk keeps them. */
@inline
function isRank(rank: i32): bool {
  return rank >= 0 && rank <= MAX_RANK;
}

function execute(code: i32, w: usize): i32 {
  switch (code) {
    case COPY:
      if (!isRank(i(w, 2))) return ERROR_COMMAND;
      copy(u(w, 0), u(w, 1), i(w, 2), w + 12);
      return DONE;
    case FILL:
      fill(u(w, 0), u(w, 1), i(w, 2));
      return DONE;
    case RANGE:
      range(u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4) != 0);
      return DONE;
    case UNARY:
      return known(unary(i(w, 0), u(w, 1), u(w, 2), u(w, 3)));
    case BINARY:
      return known(isRank(i(w, 4)) && binary(i(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4), w + 20));
    case SELECT:
      if (!isRank(i(w, 4))) return ERROR_COMMAND;
      select3(u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4), w + 20);
      return DONE;
    case GATHER:
      return gather(u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4), u(w, 5), u(w, 6));
    case GATHER_I8:
      return gatherBytes(u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4), u(w, 5), u(w, 6), i(w, 7) != 0, u(w, 8));
    case GATHER_BLOCKS:
      return gatherBlocks(
        u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4), u(w, 5), i(w, 6), u(w, 7), u(w, 8), u(w, 9), i(w, 10),
      );
    case TRILU:
      trilu(u(w, 0), u(w, 1), u(w, 2), i(w, 3), i(w, 4), i(w, 5), i(w, 6) != 0);
      return DONE;
    case CUMULATIVE_SUM:
      cumulativeSum(u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), i(w, 5) != 0, i(w, 6) != 0, i(w, 7) != 0);
      return DONE;
    case SCATTER:
      return scatter(u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), w + 24);
    case REDUCE:
      return known(reduce(i(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5)));
    case SOFTMAX:
      softmax(u(w, 0), u(w, 1), u(w, 2), u(w, 3), i(w, 4) != 0);
      return DONE;
    case LAYER_NORM:
      layerNorm(
        u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), u(w, 6), u(w, 7), reinterpret<f32>(i(w, 8)), i(w, 9) != 0,
      );
      return DONE;
    case LINEAR_F32:
      linearFloats(u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), u(w, 6), u(w, 7), i(w, 8));
      return DONE;
    case LINEAR_I8:
      linearBytes(u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), u(w, 6), u(w, 7), i(w, 8), u(w, 9));
      return DONE;
    case LINEAR_I4:
      linearInt4(u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), u(w, 6), u(w, 7), i(w, 8), u(w, 9));
      return DONE;
    case MATMUL:
      if (!isRank(i(w, 10))) return ERROR_COMMAND;
      matmul(
        u(w, 0), u(w, 1), u(w, 2), u(w, 3), u(w, 4), u(w, 5), u(w, 6), i(w, 7) != 0, u(w, 8), u(w, 9), i(w, 10), w + 44,
      );
      return DONE;
    case ATTENTION:
      attention(w, false);
      return DONE;
    case ATTENTION_I8:
      attention(w, true);
      return DONE;
    case GREATEST_OF_ROW:
      if (u(w, 4) > u(w, 2)) return ERROR_COMMAND;
      greatestOfRow(u(w, 0), u(w, 1), u(w, 2), reinterpret<f32>(i(w, 3)), u(w, 4));
      return DONE;
    default:
      return ERROR_COMMAND;
  }
}
