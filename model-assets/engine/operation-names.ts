// Names of the engine's operations, for who reads a program.

import * as c from '../../shared/runtime/engine/command-format.ts';

const UNARY = {
  relu: c.RELU,
  gelu: c.GELU_ERF,
  'gelu by tanh': c.GELU_TANH,
  tanh: c.TANH,
  sigmoid: c.SIGMOID,
  silu: c.SILU,
  erf: c.ERF,
  exp: c.EXP,
  log: c.LOG,
  sqrt: c.SQRT,
  reciprocal: c.RECIPROCAL,
  negate: c.NEG,
  abs: c.ABS,
  sin: c.SIN,
  cos: c.COS,
  floor: c.FLOOR,
  ceil: c.CEIL,
  round: c.ROUND,
  sign: c.SIGN,
  'negate ints': c.NEG_I,
  'abs of ints': c.ABS_I,
  not: c.NOT,
  'to int': c.FLOAT_TO_INT,
  'to float': c.INT_TO_FLOAT,
  'to bool': c.FLOAT_TO_BOOL,
  'int to bool': c.INT_TO_BOOL,
};

const BINARY = {
  add: c.ADD,
  subtract: c.SUB,
  multiply: c.MUL,
  divide: c.DIV,
  power: c.POW,
  min: c.MIN,
  max: c.MAX,
  equal: c.EQUAL,
  less: c.LESS,
  'less or equal': c.LESS_OR_EQUAL,
  greater: c.GREATER,
  'greater or equal': c.GREATER_OR_EQUAL,
  modulo: c.MOD,
};

const byCode = (names: Readonly<Record<string, number>>, shift = 0): Record<number, string> =>
  Object.fromEntries(Object.entries(names).map(([name, code]) => [code + shift, shift > 0 ? `${name}, ints` : name]));

/** By code. */
export const OPERATIONS: { readonly unary: Record<number, string>; readonly binary: Record<number, string> } = {
  unary: byCode(UNARY),
  binary: {
    ...byCode(BINARY),
    ...byCode(BINARY, c.INTEGERS),
    ...byCode({ and: c.AND, or: c.OR, xor: c.XOR }),
  },
};
