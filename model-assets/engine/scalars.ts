// The operations of the engine on single numbers, for what is known when a graph is compiled.

import * as commands from '../../shared/runtime/engine/command-format.ts';

export const UNARY: ReadonlyMap<number, (x: number) => number> = new Map([
  [commands.RELU, (x) => Math.max(0, x)],
  [commands.TANH, Math.tanh],
  [commands.SIGMOID, (x) => 1 / (1 + Math.exp(-x))],
  [commands.EXP, Math.exp],
  [commands.LOG, Math.log],
  [commands.SQRT, Math.sqrt],
  [commands.RECIPROCAL, (x) => 1 / x],
  [commands.NEG, (x) => -x],
  [commands.ABS, Math.abs],
  [commands.SIN, Math.sin],
  [commands.COS, Math.cos],
  [commands.FLOOR, Math.floor],
  [commands.CEIL, Math.ceil],
  [commands.SIGN, Math.sign],
  [commands.NEG_I, (x) => -x | 0],
  [commands.ABS_I, Math.abs],
  [commands.NOT, (x) => (x === 0 ? 1 : 0)],
  [commands.FLOAT_TO_INT, toInt],
  [commands.INT_TO_FLOAT, (x) => x],
  [commands.FLOAT_TO_BOOL, (x) => (x === 0 ? 0 : 1)],
  [commands.INT_TO_BOOL, (x) => (x === 0 ? 0 : 1)],
]);

type Binary = (a: number, b: number) => number;

const COMPARISONS: readonly (readonly [number, Binary])[] = [
  [commands.EQUAL, (a, b) => Number(a === b)],
  [commands.LESS, (a, b) => Number(a < b)],
  [commands.LESS_OR_EQUAL, (a, b) => Number(a <= b)],
  [commands.GREATER, (a, b) => Number(a > b)],
  [commands.GREATER_OR_EQUAL, (a, b) => Number(a >= b)],
];

const ARITHMETIC: readonly (readonly [number, Binary])[] = [
  [commands.ADD, (a, b) => a + b],
  [commands.SUB, (a, b) => a - b],
  [commands.MIN, Math.min],
  [commands.MAX, Math.max],
  [commands.MOD, modulo],
];

export const BINARY: ReadonlyMap<number, Binary> = new Map<number, Binary>([
  ...ARITHMETIC,
  [commands.MUL, (a, b) => a * b],
  [commands.DIV, (a, b) => a / b],
  [commands.POW, (a, b) => a ** b],
  ...COMPARISONS,
  ...ARITHMETIC.map(([code, of]): [number, Binary] => [code + commands.INTEGERS, (a, b) => of(a, b) | 0]),
  [commands.MUL + commands.INTEGERS, Math.imul],
  [commands.DIV + commands.INTEGERS, (a, b) => (b === 0 ? 0 : Math.trunc(a / b) | 0)],
  ...COMPARISONS.map(([code, of]): [number, Binary] => [code + commands.INTEGERS, of]),
  [commands.AND, (a, b) => Number(a !== 0 && b !== 0)],
  [commands.OR, (a, b) => Number(a !== 0 || b !== 0)],
  [commands.XOR, (a, b) => Number((a !== 0) !== (b !== 0))],
]);

/** Whether the operation gives integers: comparisons do, and all that works on integers. */
export function givesInts(operation: number): boolean {
  return operation >= commands.INTEGERS || (operation >= commands.EQUAL && operation <= commands.GREATER_OR_EQUAL);
}

/** What an operation of UNARY gives. */
export function unaryGivesInts(operation: number): boolean {
  return operation >= commands.NEG_I && operation !== commands.INT_TO_FLOAT;
}

/** What an operation of UNARY takes. */
export function unaryTakesInts(operation: number): boolean {
  return operation >= commands.NEG_I && operation !== commands.FLOAT_TO_INT && operation !== commands.FLOAT_TO_BOOL;
}

/** With the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function toInt(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));
}
