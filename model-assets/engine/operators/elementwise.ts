// Operators that compute each element by itself.

import * as commands from '../../../shared/runtime/engine/command-format.ts';
import type { Builder } from '../builder.ts';
import { BOOL, FLOAT, INT32, INT64, TYPE_NAMES } from '../element-types.ts';
import { knownElements, type View } from '../ir.ts';
import { Unsupported } from '../unsupported.ts';
import type { Call, Operator } from './operator.ts';
import { rowsAsFloats, scaled } from './quantization.ts';

const unary =
  (operation: number): Operator =>
  (call) =>
    call.builder.unary(operation, call.input(0));

/** Of floats, or of integers where the operator takes both. */
const eitherUnary =
  (floats: number, ints: number): Operator =>
  (call) => {
    const x = call.input(0);
    return call.builder.unary(x.buffer.type === 'int' ? ints : floats, x);
  };

const binary =
  (operation: number): Operator =>
  (call) =>
    call.builder.binary(operation, call.input(0), call.input(1));

/** Of as many inputs as there are. */
const variadic =
  (operation: number): Operator =>
  (call) =>
    call.inputs.map((_, i) => call.input(i)).reduce((a, b) => call.builder.binary(operation, a, b));

/** What is not a number is not equal to itself. */
function isNotNumber(call: Call): View {
  const x = call.input(0);
  return call.builder.unary(commands.NOT, call.builder.binary(commands.EQUAL, x, x));
}

function toFloats(builder: Builder, view: View): View {
  return view.buffer.type === 'int' ? builder.unary(commands.INT_TO_FLOAT, view) : view;
}

function pow(call: Call): View {
  const { builder } = call;
  const [x, y] = [call.input(0), call.input(1)];
  const known = knownElements(y);
  // As exporters write squares.
  if (known?.length === 1 && known[0] === 2 && y.dims.length <= x.dims.length)
    return builder.binary(commands.MUL, x, x);
  if (x.buffer.type === y.buffer.type) return builder.binary(commands.POW, x, y);
  const power = builder.binary(commands.POW, toFloats(builder, x), toFloats(builder, y));
  // The result is what the base is.
  return x.buffer.type === 'int' ? builder.unary(commands.FLOAT_TO_INT, power) : power;
}

function relu(call: Call): View {
  const x = call.input(0);
  const { builder } = call;
  return x.buffer.type === 'int' ? builder.binary(commands.MAX, x, builder.int(0)) : builder.unary(commands.RELU, x);
}

/** What is below 0 times a slope. */
function leaky({ builder }: Call, x: View, slope: View): View {
  return builder.select(builder.binary(commands.LESS, x, builder.float(0)), builder.binary(commands.MUL, x, slope), x);
}

/** log(1 + eˣ), of exponentials that do not overflow. */
function softplus({ builder }: Call, x: View): View {
  const small = builder.unary(commands.EXP, builder.unary(commands.NEG, builder.unary(commands.ABS, x)));
  const rest = builder.unary(commands.LOG, builder.binary(commands.ADD, small, builder.float(1)));
  return builder.binary(commands.ADD, builder.unary(commands.RELU, x), rest);
}

function mish(call: Call): View {
  const x = call.input(0);
  return call.builder.binary(commands.MUL, x, call.builder.unary(commands.TANH, softplus(call, x)));
}

function sign(call: Call): View {
  const x = call.input(0);
  const { builder } = call;
  if (x.buffer.type === 'float') return builder.unary(commands.SIGN, x);
  return builder.binary(commands.MAX, builder.binary(commands.MIN, x, builder.int(1)), builder.int(-1));
}

function mod(call: Call): View {
  if (call.int('fmod', 0) !== 0) throw new Unsupported('fmod is not supported');
  return call.builder.binary(commands.MOD, call.input(0), call.input(1));
}

/** Bounds are inputs, or in older versions attributes. */
function clip(call: Call): View {
  const { builder } = call;
  let x = call.input(0);
  const bounds: [number, string, number][] = [
    [commands.MAX, 'min', 1],
    [commands.MIN, 'max', 2],
  ];
  for (const [operation, name, index] of bounds) {
    const attribute = call.node.attributes.get(name);
    const bound = call.optional(index) ?? (attribute ? builder.float(attribute.float) : undefined);
    if (bound) x = builder.binary(operation, x, bound);
  }
  return x;
}

function cast(call: Call): View {
  const to = call.int('to', 0);
  const note = call.notes.get(call.noted(0));
  if (note?.kind === 'product' && to === FLOAT) return call.noted(0);
  if (note?.kind === 'rows' && to === FLOAT) return rowsAsFloats(call, note);
  const x = call.input(0);
  const isInt = x.buffer.type === 'int';
  if (to === FLOAT) return isInt ? call.builder.unary(commands.INT_TO_FLOAT, x) : x;
  if (to === BOOL) return call.builder.unary(isInt ? commands.INT_TO_BOOL : commands.FLOAT_TO_BOOL, x);
  if (to === INT64 || to === INT32) return isInt ? x : call.builder.unary(commands.FLOAT_TO_INT, x);
  throw new Unsupported(`a cast to ${TYPE_NAMES[to] ?? `type ${to}`} is not supported`);
}

function multiply(call: Call): View {
  return scaled(call) ?? call.builder.binary(commands.MUL, call.input(0), call.input(1));
}

function gelu(call: Call): View {
  const isTanh = call.text('approximate', 'none') === 'tanh';
  return call.builder.unary(isTanh ? commands.GELU_TANH : commands.GELU_ERF, call.input(0));
}

function where(call: Call): View {
  return call.builder.select(call.input(0), call.input(1), call.input(2));
}

function identity(call: Call): View {
  return call.input(0);
}

/** As it is after training: nothing is dropped. */
function dropout(call: Call): View {
  if (call.has(2) && knownElements(call.input(2))?.[0] !== 0)
    throw new Unsupported('a dropout that drops is not supported');
  return call.input(0);
}

export const ELEMENTWISE: Readonly<Record<string, Operator>> = {
  Abs: eitherUnary(commands.ABS, commands.ABS_I),
  Add: binary(commands.ADD),
  And: binary(commands.AND),
  Cast: cast,
  Ceil: unary(commands.CEIL),
  Clip: clip,
  Cos: unary(commands.COS),
  Div: binary(commands.DIV),
  Dropout: dropout,
  Equal: binary(commands.EQUAL),
  Erf: unary(commands.ERF),
  Exp: unary(commands.EXP),
  Floor: unary(commands.FLOOR),
  Gelu: gelu,
  Greater: binary(commands.GREATER),
  GreaterOrEqual: binary(commands.GREATER_OR_EQUAL),
  Identity: identity,
  IsNaN: isNotNumber,
  LeakyRelu: (call) => leaky(call, call.input(0), call.builder.float(call.float('alpha', 0.01))),
  Less: binary(commands.LESS),
  LessOrEqual: binary(commands.LESS_OR_EQUAL),
  Log: unary(commands.LOG),
  Max: variadic(commands.MAX),
  Min: variadic(commands.MIN),
  Mish: mish,
  Mod: mod,
  Mul: multiply,
  Neg: eitherUnary(commands.NEG, commands.NEG_I),
  Not: unary(commands.NOT),
  Or: binary(commands.OR),
  PRelu: (call) => leaky(call, call.input(0), call.input(1)),
  Pow: pow,
  Reciprocal: unary(commands.RECIPROCAL),
  Relu: relu,
  Round: unary(commands.ROUND),
  Sigmoid: unary(commands.SIGMOID),
  Sign: sign,
  Sin: unary(commands.SIN),
  Softplus: (call) => softplus(call, call.input(0)),
  Sqrt: unary(commands.SQRT),
  Sub: binary(commands.SUB),
  Sum: variadic(commands.ADD),
  Tanh: unary(commands.TANH),
  Where: where,
  Xor: binary(commands.XOR),
};
