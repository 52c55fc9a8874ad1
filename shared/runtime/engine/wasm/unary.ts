// UNARY, and the activations of LINEAR_*. A function of floats is applied to vectors only, what is left over at the end in a vector of its
// own: so an element's result never depends on where it lies.

import {
  ABS, ABS_I, CEIL, COS, ERF, EXP, FLOAT_TO_BOOL, FLOAT_TO_INT, FLOOR, GELU_ERF, GELU_TANH, INT_TO_BOOL, INT_TO_FLOAT, LOG, NEG, NEG_I,
  NONE, NOT, RECIPROCAL, RELU, ROUND, SIGMOID, SIGN, SILU, SIN, SQRT, TANH,
} from '../command-format';
import { erf, exp, geluErf, geluTanh, sigmoid, silu, tanh } from './activations';

/** A vector that is not full. */
const rest: usize = memory.data(16, 16);

@inline
function toBool(truth: v128): v128 {
  return v128.and(truth, i32x4.splat(1));
}

/** Lane by lane, for what is no part of a hot loop. */
@inline
function lane(operation: i32, x: f32): f32 {
  if (operation == LOG) return Mathf.log(x);
  if (operation == SIN) return Mathf.sin(x);
  if (operation == COS) return Mathf.cos(x);
  // SIGN: zero and what is not a number stay.
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/** `operation` is a constant wherever this is called, so that one case of it is left. */
@inline
function apply(operation: i32, x: v128): v128 {
  if (operation == RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (operation == GELU_ERF) return geluErf(x);
  if (operation == GELU_TANH) return geluTanh(x);
  if (operation == TANH) return tanh(x);
  if (operation == SIGMOID) return sigmoid(x);
  if (operation == SILU) return silu(x);
  if (operation == ERF) return erf(x);
  if (operation == EXP) return exp(x);
  if (operation == SQRT) return f32x4.sqrt(x);
  if (operation == RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (operation == NEG) return f32x4.neg(x);
  if (operation == ABS) return f32x4.abs(x);
  if (operation == FLOOR) return f32x4.floor(x);
  if (operation == CEIL) return f32x4.ceil(x);
  if (operation == ROUND) return f32x4.nearest(x);
  if (operation == NEG_I) return i32x4.neg(x);
  if (operation == ABS_I) return i32x4.abs(x);
  if (operation == NOT) return toBool(i32x4.eq(x, i32x4.splat(0)));
  if (operation == FLOAT_TO_INT) return i32x4.trunc_sat_f32x4_s(x);
  if (operation == INT_TO_FLOAT) return f32x4.convert_i32x4_s(x);
  if (operation == FLOAT_TO_BOOL) return toBool(f32x4.ne(x, f32x4.splat(0)));
  if (operation == INT_TO_BOOL) return toBool(i32x4.ne(x, i32x4.splat(0)));
  let y = f32x4.splat(lane(operation, f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, lane(operation, f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, lane(operation, f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, lane(operation, f32x4.extract_lane(x, 3)));
}

@inline
function each(operation: i32, out: usize, x: usize, count: usize): void {
  const end = x + 4 * (count & ~3);
  for (; x < end; x += 16, out += 16) v128.store(out, apply(operation, v128.load(x)));
  const left = (count & 3) * 4;
  if (left) {
    memory.copy(rest, x, left);
    v128.store(rest, apply(operation, v128.load(rest)));
    memory.copy(out, rest, left);
  }
}

function unaryRelu(out: usize, x: usize, count: usize): void {
  each(RELU, out, x, count);
}
function unaryGeluErf(out: usize, x: usize, count: usize): void {
  each(GELU_ERF, out, x, count);
}
function unaryGeluTanh(out: usize, x: usize, count: usize): void {
  each(GELU_TANH, out, x, count);
}
function unarySilu(out: usize, x: usize, count: usize): void {
  each(SILU, out, x, count);
}

/** `count` elements that lie side by side. False for an operation that is not known. */
export function unary(operation: i32, out: usize, x: usize, count: usize): bool {
  switch (operation) {
    case NONE:
      if (out != x) memory.copy(out, x, 4 * count);
      break;
    // The hot ones have functions of their own, which an engine compiles better than a branch of a large one.
    case RELU: unaryRelu(out, x, count); break;
    case GELU_ERF: unaryGeluErf(out, x, count); break;
    case GELU_TANH: unaryGeluTanh(out, x, count); break;
    case SILU: unarySilu(out, x, count); break;
    case TANH: each(TANH, out, x, count); break;
    case SIGMOID: each(SIGMOID, out, x, count); break;
    case ERF: each(ERF, out, x, count); break;
    case EXP: each(EXP, out, x, count); break;
    case LOG: each(LOG, out, x, count); break;
    case SQRT: each(SQRT, out, x, count); break;
    case RECIPROCAL: each(RECIPROCAL, out, x, count); break;
    case NEG: each(NEG, out, x, count); break;
    case ABS: each(ABS, out, x, count); break;
    case SIN: each(SIN, out, x, count); break;
    case COS: each(COS, out, x, count); break;
    case FLOOR: each(FLOOR, out, x, count); break;
    case CEIL: each(CEIL, out, x, count); break;
    case ROUND: each(ROUND, out, x, count); break;
    case SIGN: each(SIGN, out, x, count); break;
    case NEG_I: each(NEG_I, out, x, count); break;
    case ABS_I: each(ABS_I, out, x, count); break;
    case NOT: each(NOT, out, x, count); break;
    case FLOAT_TO_INT: each(FLOAT_TO_INT, out, x, count); break;
    case INT_TO_FLOAT: each(INT_TO_FLOAT, out, x, count); break;
    case FLOAT_TO_BOOL: each(FLOAT_TO_BOOL, out, x, count); break;
    case INT_TO_BOOL: each(INT_TO_BOOL, out, x, count); break;
    default: return false;
  }
  return true;
}

/** In place, over part of the columns of some rows. */
export function activate(operation: i32, x: usize, rows: usize, columns: usize, stride: usize): void {
  if (operation == NONE) return;
  for (const end = x + rows * stride; x < end; x += stride) unary(operation, x, x, columns);
}
