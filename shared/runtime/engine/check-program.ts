// What can be known of a program before it has shapes: that each step is what its kind says, reads nothing that was not written, and writes
// only where it may; that what is constant lies within the image. What depends on shapes is checked where they are numbers (plan.ts).

import * as c from './command-format.ts';
import { damagedStep } from './placed.ts';
import * as p from './program.ts';
import { weightBytes } from './weight-bytes.ts';

/** Steps on the scores that one attention may have. */
const MOST_TENSORS = 16;

/** Of one tensor: addresses have 32 bits. */
const MOST_ELEMENTS = 2 ** 29;

/** onnx.TensorProto.DataType: float, uint8, int32, int64, bool. */
const TYPES = [1, 2, 6, 7, 9];

interface Kind {
  /** Least and most. */
  readonly views: readonly [number, number];
  readonly words: number;
  /** Words behind all others that may be left out. */
  readonly more?: number;
  /** Views, from the first, that may be left out. */
  readonly optional?: readonly number[];
  /** Throws where the words are not what they should be. `rank`: of a view. */
  check?(words: readonly number[], rank: (view: number) => number): void;
}

const isFlag = (word: number | undefined) => word === 0 || word === 1;
const isWithin = (word: number | undefined, least: number, most: number) =>
  word !== undefined && word >= least && word <= most;

/** Elements that have one scale: the kernel takes 16 at once. */
const isBlock = (word: number | undefined) =>
  word !== undefined && isWithin(word, 16, MOST_ELEMENTS) && (word & (word - 1)) === 0;

function demand(condition: boolean, what: string): void {
  if (!condition) throw damagedStep(what);
}

const flags = (words: readonly number[]) => demand(words.every(isFlag), 'a step has a flag that is neither 0 nor 1');
const axis = (word: number | undefined, rank: number) =>
  demand(isWithin(word, 0, rank - 1), `a step goes along the axis ${word} of a tensor that has ${rank}`);

function operation(word: number | undefined, ranges: readonly (readonly [number, number])[]): void {
  const isKnown = ranges.some(([least, most]) => isWithin(word, least, most));
  demand(isKnown, `a step has the operation ${word}, which is not known`);
}

const attention: Kind = {
  views: [4, 4 + MOST_TENSORS],
  words: 1,
  more: 1,
  check: ([, ...steps], rank) => {
    if (steps.length % 2 === 1) flags([steps.pop() ?? -1]);
    for (let view = 0; view < 4 + steps.length / 2; view++) demand(rank(view) === 4, 'attention is of no heads');
    for (let i = 0; i < steps.length; i += 2) operation(steps[i], [[c.SCORES_ADD, c.SCORES_KEEP]]);
  },
};

const KINDS: Readonly<Record<number, Kind>> = {
  [p.STEP_COPY]: { views: [2, 2], words: 0 },
  [p.STEP_RANGE]: { views: [3, 3], words: 1, check: flags },
  [p.STEP_UNARY]: {
    views: [2, 2],
    words: 1,
    check: ([code]) =>
      operation(code, [
        [c.NONE, c.SIGN],
        [c.NEG_I, c.INT_TO_BOOL],
      ]),
  },
  [p.STEP_BINARY]: {
    views: [3, 3],
    words: 1,
    check: ([code]) =>
      operation(code, [
        [c.ADD, c.MOD],
        [c.INTEGERS + c.ADD, c.INTEGERS + c.MOD],
        [c.AND, c.XOR],
      ]),
  },
  [p.STEP_SELECT]: { views: [4, 4], words: 0 },
  [p.STEP_GATHER]: { views: [3, 3], words: 1, check: ([along], rank) => axis(along, rank(1)) },
  [p.STEP_GATHER_I8]: {
    views: [2, 2],
    words: 6,
    check: ([, rows, width, , isByRow]) => {
      demand(isWithin(rows, 1, MOST_ELEMENTS) && isWithin(width, 1, MOST_ELEMENTS), 'a table has no rows');
      flags([isByRow ?? -1]);
    },
  },
  [p.STEP_GATHER_BLOCKS]: {
    views: [2, 2],
    words: 8,
    check: ([, rows, width, bits, block, , , zero]) => {
      demand(isWithin(rows, 1, MOST_ELEMENTS) && isWithin(width, 1, MOST_ELEMENTS), 'a table has no rows');
      demand(bits === 4 || bits === 8, `a table has elements of ${bits} bits`);
      demand(isBlock(block), `a table has blocks of ${block}`);
      demand(isWithin(zero, 0, 255), `a table has the zero point ${zero}`);
    },
  },
  [p.STEP_TRILU]: {
    views: [2, 2],
    words: 2,
    check: ([, isUpper], rank) => {
      demand(rank(0) >= 2, 'a triangle is of no matrix');
      flags([isUpper ?? -1]);
    },
  },
  [p.STEP_CUMULATIVE_SUM]: {
    views: [2, 2],
    words: 4,
    check: ([along, ...others], rank) => {
      axis(along, rank(0));
      flags(others);
    },
  },
  [p.STEP_SCATTER]: { views: [4, 4], words: 0 },
  [p.STEP_REDUCE]: {
    views: [2, 2],
    words: 2,
    check: ([code, along], rank) => {
      operation(code, [[c.SUM, c.PRODUCT]]);
      axis(along, rank(1));
    },
  },
  [p.STEP_SOFTMAX]: { views: [2, 2], words: 1, check: flags },
  [p.STEP_NORM]: { views: [6, 6], words: 2, optional: [1, 3, 4, 5], check: ([, isRms]) => flags([isRms ?? -1]) },
  [p.STEP_LINEAR]: {
    views: [2, 2],
    words: 5,
    check: ([, columns, depth, activation, weights]) => {
      demand(isWithin(columns, 1, MOST_ELEMENTS) && isWithin(depth, 1, MOST_ELEMENTS), 'a layer has no weights');
      operation(activation, [[c.NONE, c.SIGN]]);
      demand(isWithin(weights, p.WEIGHTS_F32, p.WEIGHTS_I4), `a layer has weights of the kind ${weights}`);
    },
  },
  [p.STEP_MATMUL]: { views: [3, 3], words: 1, check: flags },
  [p.STEP_ATTENTION]: attention,
  [p.STEP_ATTENTION_I8]: attention,
};

/** Throws `model_unavailable`, with what is wrong. */
export function checkProgram({ functions, imageBytes }: p.Program): void {
  for (const code of functions) {
    checkImage(code, imageBytes);
    checkSteps(code, imageBytes);
    const types = [...code.inputs, ...code.outputs].map(({ type }) => type);
    demand(
      types.every((type) => TYPES.includes(type)),
      'a tensor has elements of a type that is not known',
    );
  }
  for (const ways of Map.groupBy(functions, ({ graph }) => graph).values()) checkWays(ways);
}

/** The ways of one graph take and give the same. */
function checkWays(ways: readonly p.ProgramFunction[]): void {
  const named = (tensors: readonly p.ProgramInput[]) => tensors.map(({ name, type }) => `${name} ${type}`);
  const faces = ways.map(({ inputs, outputs }) => JSON.stringify([named(inputs), named(outputs)]));
  demand(new Set(faces).size === 1, 'the ways of a graph have other inputs or outputs');
  for (const { inputs, outputs } of ways) {
    for (const list of [inputs, outputs])
      demand(new Set(list.map(({ name }) => name)).size === list.length, 'two have one name');
  }
}

/** Weights whose size no run decides. */
function checkImage({ buffers, sizes }: p.ProgramFunction, imageBytes: number): void {
  for (const { length, place } of buffers) {
    const size = sizes[length];
    if (size?.kind !== 'constant') continue;
    demand(isWithin(size.value, 0, MOST_ELEMENTS), `a tensor has ${size.value} elements`);
    if (place.kind === 'image') within(place.at, 4 * size.value, imageBytes);
    if (place.kind === 'sizes') demand(place.values.length <= size.value, 'a tensor is shorter than what it holds');
  }
}

function within(at: number | undefined, bytes: number, imageBytes: number): void {
  demand(isWithin(at, 0, imageBytes - bytes), 'weights lie outside the image');
}

function checkSteps(code: p.ProgramFunction, imageBytes: number): void {
  const bufferOf = (view: number) => code.views[view]?.buffer ?? -1;
  const written = new Set<number>();
  for (const { kind, views, words } of code.steps) {
    const rules = KINDS[kind];
    if (!rules) throw damagedStep(`it has a step of kind ${kind}`);
    const tensors = views.length - rules.views[0];
    demand(
      isWithin(views.length, ...rules.views) && isWithin(words.length - rules.words - 2 * tensors, 0, rules.more ?? 0),
      `a step of kind ${kind} has ${views.length} tensors and ${words.length} words`,
    );
    demand(
      views.every((view, i) => view !== p.ABSENT || rules.optional?.includes(i)),
      'a step lacks a view',
    );
    rules.check?.(words, (view) => code.views[views[view] ?? -1]?.dims.length ?? 0);
    for (const [at, bytes] of weightBytes(kind, words)) within(at, bytes, imageBytes);
    const outs = views.slice(0, kind === p.STEP_NORM ? 2 : 1).filter((view) => view !== p.ABSENT);
    for (const view of views.slice(kind === p.STEP_NORM ? 2 : 1)) {
      if (view === p.ABSENT) continue;
      const isKnown = written.has(bufferOf(view)) || !isOwn(code.buffers[bufferOf(view)]);
      demand(isKnown, 'a tensor is read before it is written');
    }
    for (const view of outs) {
      demand(isOwn(code.buffers[bufferOf(view)]), 'a step writes to what is not its own');
      written.add(bufferOf(view));
    }
  }
  demand(
    code.outputs.every(({ buffer }) => written.has(buffer)),
    'an output is never written',
  );
}

/** Whether steps write it: not weights, sizes or what is fed. */
function isOwn(buffer: p.ProgramBuffer | undefined): boolean {
  return buffer?.place.kind === 'work' || buffer?.place.kind === 'cache';
}
