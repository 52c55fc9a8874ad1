// Whether what is fed, held and handed out has as many elements as the program says: its buffers lie there, and it may lie.

import type { HeldFeeds } from '../session.ts';
import { EngineHeld } from './held.ts';
import { damagedStep } from './placed.ts';
import { bufferBytes } from './plan.ts';
import { type ProgramFunction, STEP_COPY, STEP_NORM } from './program.ts';
import type { Shapes } from './sizes.ts';

/**
 * `elements`: of what is fed, by the input's number. `outputs`: numbers of those that are wanted. `grown`: what caches go on from in place,
 * by their buffers. Throws `model_unavailable`.
 */
export function checkRooms(
  code: ProgramFunction,
  sizes: readonly number[],
  { capacity }: Shapes,
  elements: (input: number) => number,
  outputs: readonly number[],
  grown: ReadonlyMap<number, EngineHeld>,
): void {
  for (const [buffer, { place }] of code.buffers.entries()) {
    if (place.kind !== 'input') continue;
    const name = code.inputs[place.input]?.name ?? '';
    checkRoom(name, 4 * elements(place.input), bufferBytes(code, buffer, sizes));
  }
  for (const output of outputs) {
    const { name = '', dims = [], buffer = -1 } = code.outputs[output] ?? {};
    const numbers = dims.map((size) => sizes[size] ?? -1);
    const isCache = code.buffers[buffer]?.place.kind === 'cache';
    if (isCache && !(numbers.length === 4 && (numbers[2] ?? 0) <= capacity)) throw damagedStep(`${name} is no cache`);
    if (numbers.some((size) => size < 0)) throw damagedStep(`${name} has a dimension below 0`);
    const room = isCache ? numbers.with(2, capacity) : numbers;
    checkRoom(name, 4 * room.reduce((x, y) => x * y, 1), bufferBytes(code, buffer, sizes));
    const past = grown.get(buffer);
    if (past) checkGrowth(code, sizes, buffer, past, numbers);
  }
}

/** Elements that a fed tensor has room for: -1 where there is none. */
export function elementsOf(tensor: HeldFeeds[string] | undefined): number {
  if (tensor instanceof EngineHeld) return tensor.room;
  return tensor && 'data' in tensor ? tensor.data.length : -1;
}

/** What is written to a cache in place lies behind the tokens that it goes on from: they are held as they were. */
function checkGrowth(
  code: ProgramFunction,
  sizes: readonly number[],
  buffer: number,
  past: EngineHeld,
  numbers: readonly number[],
): void {
  if (past.dims.some((size, axis) => axis !== 2 && size !== numbers[axis])) {
    throw damagedStep('a cache goes on from another shape');
  }
  const [, , tokens = 0, size = 0] = past.dims;
  const room = past.capacity * size;
  for (const { kind, views } of code.steps) {
    const [out, from] = views.map((view) => code.views[view]);
    const isSum = kind === STEP_NORM && from?.buffer === buffer;
    if (!out || !(out.buffer === buffer || isSum)) continue;
    if (kind !== STEP_COPY) throw damagedStep('a cache is not copied to');
    if (isPast(code, buffer, from?.buffer)) continue;
    const [rows = 1, heads = 1, fresh = 0, width = 0] = out.dims.map((each) => sizes[each] ?? 0);
    if (rows * heads * fresh * width === 0) continue;
    const [byRow = 0, byHead = 0, byToken = 0, byElement = 0] = out.strides.map((each) => sizes[each] ?? 0);
    const start = (sizes[out.offset] ?? 0) % room;
    const end = start + (fresh - 1) * byToken + (width - 1) * byElement + 1;
    const isByHeads = (rows === 1 || byRow % room === 0) && (heads === 1 || byHead % room === 0);
    if (out.dims.length !== 4 || !isByHeads || byToken < 0 || byElement < 0 || start < tokens * size || end > room) {
      throw damagedStep('a cache is written over');
    }
  }
}

/** Whether a cache is copied from the input that it goes on from, which is nothing to do in place. */
function isPast({ buffers }: ProgramFunction, cache: number, from: number | undefined): boolean {
  const [place, source] = [buffers[cache]?.place, buffers[from ?? -1]?.place];
  return place?.kind === 'cache' && source?.kind === 'input' && source.input === place.input;
}

function checkRoom(name: string, bytes: number, expected: number): void {
  if (bytes !== expected) throw damagedStep(`${name} has ${bytes} bytes where ${expected} are meant`);
}
