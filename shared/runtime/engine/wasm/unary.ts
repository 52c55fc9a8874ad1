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

// The hot ones have functions of their own: an engine compiles a small function sooner and better than a branch of a large one.
function relus(out: usize, x: usize, end: usize): void {
  for (; x < end; x += 16, out += 16) v128.store(out, f32x4.pmax(v128.load(x), f32x4.splat(0)));
}
function gelusErf(out: usize, x: usize, end: usize): void {
  for (; x < end; x += 16, out += 16) v128.store(out, geluErf(v128.load(x)));
}
function gelusTanh(out: usize, x: usize, end: usize): void {
  for (; x < end; x += 16, out += 16) v128.store(out, geluTanh(v128.load(x)));
}
function silus(out: usize, x: usize, end: usize): void {
  for (; x < end; x += 16, out += 16) v128.store(out, silu(v128.load(x)));
}

/** Zero and what is not a number stay. */
@inline
function signOf(x: f32): f32 {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/** Whole vectors from x to `end`. False for an operation that is not known. */
function vectors(operation: i32, out: usize, x: usize, end: usize): bool {
  switch (operation) {
    case RELU: relus(out, x, end); break;
    case GELU_ERF: gelusErf(out, x, end); break;
    case GELU_TANH: gelusTanh(out, x, end); break;
    case SILU: silus(out, x, end); break;
    case TANH: for (; x < end; x += 16, out += 16) v128.store(out, tanh(v128.load(x))); break;
    case SIGMOID: for (; x < end; x += 16, out += 16) v128.store(out, sigmoid(v128.load(x))); break;
    case ERF: for (; x < end; x += 16, out += 16) v128.store(out, erf(v128.load(x))); break;
    case EXP: for (; x < end; x += 16, out += 16) v128.store(out, exp(v128.load(x))); break;
    case SQRT: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.sqrt(v128.load(x))); break;
    case RECIPROCAL: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.div(f32x4.splat(1), v128.load(x))); break;
    case NEG: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.neg(v128.load(x))); break;
    case ABS: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.abs(v128.load(x))); break;
    case FLOOR: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.floor(v128.load(x))); break;
    case CEIL: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.ceil(v128.load(x))); break;
    case ROUND: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.nearest(v128.load(x))); break;
    case NEG_I: for (; x < end; x += 16, out += 16) v128.store(out, i32x4.neg(v128.load(x))); break;
    case ABS_I: for (; x < end; x += 16, out += 16) v128.store(out, i32x4.abs(v128.load(x))); break;
    case NOT: for (; x < end; x += 16, out += 16) v128.store(out, toBool(i32x4.eq(v128.load(x), i32x4.splat(0)))); break;
    case FLOAT_TO_INT: for (; x < end; x += 16, out += 16) v128.store(out, i32x4.trunc_sat_f32x4_s(v128.load(x))); break;
    case INT_TO_FLOAT: for (; x < end; x += 16, out += 16) v128.store(out, f32x4.convert_i32x4_s(v128.load(x))); break;
    case FLOAT_TO_BOOL: for (; x < end; x += 16, out += 16) v128.store(out, toBool(f32x4.ne(v128.load(x), f32x4.splat(0)))); break;
    case INT_TO_BOOL: for (; x < end; x += 16, out += 16) v128.store(out, toBool(i32x4.ne(v128.load(x), i32x4.splat(0)))); break;
    case LOG: for (; x < end; x += 4, out += 4) store<f32>(out, Mathf.log(load<f32>(x))); break;
    case SIN: for (; x < end; x += 4, out += 4) store<f32>(out, Mathf.sin(load<f32>(x))); break;
    case COS: for (; x < end; x += 4, out += 4) store<f32>(out, Mathf.cos(load<f32>(x))); break;
    case SIGN: for (; x < end; x += 4, out += 4) store<f32>(out, signOf(load<f32>(x))); break;
    default: return false;
  }
  return true;
}

/** `count` elements that lie side by side; `out` may be `x`. False for an operation that is not known. */
export function unary(operation: i32, out: usize, x: usize, count: usize): bool {
  if (operation == NONE) {
    if (out != x) memory.copy(out, x, count * 4);
    return true;
  }
  const whole = (count & ~3) * 4;
  if (!vectors(operation, out, x, x + whole)) return false;
  const left = (count & 3) * 4;
  if (left) {
    memory.copy(rest, x + whole, left);
    vectors(operation, rest, rest, rest + 16);
    memory.copy(out + whole, rest, left);
  }
  return true;
}

/** In place, over part of the columns of some rows. */
export function activate(operation: i32, x: usize, rows: usize, columns: usize, stride: usize): void {
  if (operation == NONE) return;
  for (const end = x + rows * stride; x < end; x += stride) unary(operation, x, x, columns);
}
