// What BINARY does to two elements.

import {
  ADD, AND, DIV, EQUAL, GREATER, GREATER_OR_EQUAL, INTEGERS, LESS, LESS_OR_EQUAL, MAX, MIN, MOD, MUL, OR, POW, SUB,
} from '../command-format';

/** The bits of the result. */
export function floatOf(operation: i32, x: f32, y: f32): i32 {
  switch (operation) {
    case ADD: return reinterpret<i32>(x + y);
    case SUB: return reinterpret<i32>(x - y);
    case MUL: return reinterpret<i32>(x * y);
    case DIV: return reinterpret<i32>(x / y);
    case POW: return reinterpret<i32>(powerOf(x, y));
    case MIN: return reinterpret<i32>(min(x, y));
    case MAX: return reinterpret<i32>(max(x, y));
    case EQUAL: return <i32>(x == y);
    case LESS: return <i32>(x < y);
    case LESS_OR_EQUAL: return <i32>(x <= y);
    case GREATER: return <i32>(x > y);
    case GREATER_OR_EQUAL: return <i32>(x >= y);
    default: return reinterpret<i32>(remainderOf(x, y));
  }
}

/** Squares and cubes are what graphs have; they are exact products, as a power by logarithms is not. */
function powerOf(x: f32, y: f32): f32 {
  if (y == 2) return x * x;
  if (y == 3) return x * x * x;
  return Mathf.pow(x, y);
}

function remainderOf(x: f32, y: f32): f32 {
  const rest = Mathf.mod(x, y);
  return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
}

/** Sums and products wrap around; truth values are integers, so AND, OR and XOR are those of bits. */
export function integerOf(operation: i32, x: i32, y: i32): i32 {
  switch (operation) {
    case INTEGERS + ADD: return x + y;
    case INTEGERS + SUB: return x - y;
    case INTEGERS + MUL: return x * y;
    // The quotient of the least integer and -1 is no integer, and would trap.
    case INTEGERS + DIV: return y == 0 ? 0 : y == -1 ? -x : x / y;
    case INTEGERS + POW: return integerPowerOf(x, y);
    case INTEGERS + MIN: return min(x, y);
    case INTEGERS + MAX: return max(x, y);
    case INTEGERS + EQUAL: return <i32>(x == y);
    case INTEGERS + LESS: return <i32>(x < y);
    case INTEGERS + LESS_OR_EQUAL: return <i32>(x <= y);
    case INTEGERS + GREATER: return <i32>(x > y);
    case INTEGERS + GREATER_OR_EQUAL: return <i32>(x >= y);
    case INTEGERS + MOD: return integerRemainderOf(x, y);
    case AND: return x & y;
    case OR: return x | y;
    default: return x ^ y;
  }
}

function integerRemainderOf(x: i32, y: i32): i32 {
  if (y == 0) return 0;
  const rest = x % y;
  return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
}

/** A negative power of anything but 1 and -1 is 0. */
function integerPowerOf(x: i32, y: i32): i32 {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
  let power = 1;
  for (; y > 0; y >>= 1, x *= x) if (y & 1) power *= x;
  return power;
}
