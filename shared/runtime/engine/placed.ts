// Views where they lie in memory, and what is asked of them before a command is given their addresses. A step that is not what its kind
// says is refused: a program that lies touches nothing.

import * as c from './command-format.ts';
import { DamagedProgram } from './damaged-program.ts';
import type { Step } from './program.ts';
import * as p from './program.ts';

/** A view where it lies. */
export interface Placed {
  readonly at: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly isFloat: boolean;
}

export interface StepContext {
  /** Throws where it is left out, or leaves its buffer. */
  view(index: number): Placed;
  /** Address of the image's byte. Throws where `bytes` from there on are not all in it. */
  image(at: number, bytes: number): number;
  /** Room for this step alone. */
  scratch(bytes: number): number;
  /** How rows are quantized: a code DOT_*. */
  readonly mode: number;
}

export const damagedStep = (reason: string) => new DamagedProgram(reason);

export const command = (code: number, ...words: readonly number[]) => [code, words.length + 2, ...words];
export const product = (sizes: readonly number[]) => sizes.reduce((x, y) => x * y, 1);
export const count = ({ dims }: Placed) => product(dims);

export function word(step: Step, index: number): number {
  const value = step.words[index];
  if (value === undefined) throw damagedStep('a step lacks a word');
  return value;
}

export function operand(step: Step, context: StepContext, index: number): Placed {
  const view = step.views[index];
  if (view === undefined) throw damagedStep('a step lacks a view');
  return context.view(view);
}

/** The view, whose elements lie side by side. */
export function flat(step: Step, context: StepContext, index: number): Placed {
  const view = operand(step, context, index);
  let stride = 1;
  for (let axis = view.dims.length - 1; axis >= 0; axis--) {
    const size = view.dims[axis] ?? 1;
    if (size !== 1 && view.strides[axis] !== stride) throw damagedStep('elements do not lie side by side');
    stride *= size;
  }
  return view;
}

/** The view, of whose elements no two are in one place: so it has no more of them than its buffer. */
export function distinct(step: Step, context: StepContext, index: number): Placed {
  const view = operand(step, context, index);
  const axes = view.dims.map((size, i) => ({ size, stride: Math.abs(view.strides[i] ?? 0) }));
  let reach = 0;
  for (const { size, stride } of axes.toSorted((a, b) => a.stride - b.stride)) {
    if (size <= 1) continue;
    if (stride <= reach) throw damagedStep('two elements of a tensor are written to one place');
    reach += (size - 1) * stride;
  }
  return view;
}

/** The view that lies side by side, or null where it is left out. */
export function optional(step: Step, context: StepContext, index: number): Placed | null {
  return step.views[index] === p.ABSENT ? null : flat(step, context, index);
}

export function checkCount(view: Placed, expected: number): Placed {
  if (count(view) !== expected) throw damagedStep(`a tensor has ${count(view)} elements where ${expected} are meant`);
  return view;
}

export function checkSame(views: readonly Placed[]): void {
  const [first] = views;
  if (views.some(({ dims }) => dims.length !== first?.dims.length || dims.some((size, i) => size !== first.dims[i]))) {
    throw damagedStep('tensors of other shapes are computed with one another');
  }
}

/** Common dimensions of views without those of 1, and with neighbours that are one for all of them put together. */
export function collapse(views: readonly Placed[]): { dims: number[]; strides: number[][] } {
  checkSame(views);
  const dims: number[] = [];
  const strides: number[][] = views.map(() => []);
  views[0]?.dims.forEach((size, axis) => {
    if (size === 1) return;
    const own = views.map((view) => view.strides[axis] ?? 0);
    const last = dims.length - 1;
    if (last >= 0 && own.every((stride, i) => strides[i]?.[last] === stride * size)) {
      dims[last] = (dims[last] ?? 1) * size;
      for (const [i, stride] of own.entries()) strides[i]?.splice(last, 1, stride);
      return;
    }
    dims.push(size);
    for (const [i, stride] of own.entries()) strides[i]?.push(stride);
  });
  if (dims.length === 0) {
    dims.push(1);
    for (const list of strides) list.push(0);
  }
  if (dims.length > c.MAX_RANK) throw damagedStep(`a tensor has more than ${c.MAX_RANK} dimensions`);
  return { dims, strides };
}
