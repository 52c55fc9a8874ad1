// A plan for no run: at the fewest tokens that a graph takes. It tells, while the weights are still on their way, a program that can never
// be run from one that an input does not fit. The most tokens tell nothing: what they would take is refused at the run that asks for it.

import { ServiceError } from '../../errors.ts';
import type { HeldFeeds } from '../session.ts';
import { checkRooms } from './check-rooms.ts';
import { DamagedProgram } from './damaged-program.ts';
import type { EngineInstance } from './instance.ts';
import { type PlanRequest, toPlan } from './plan.ts';
import type { ProgramFunction, Size } from './program.ts';
import { evaluateSizes } from './sizes.ts';

type Dims = readonly (readonly number[])[];

/** For dimensions that nothing else decides, one after the other: some graphs need more than a token. */
const TRIES = [1, 2, 3, 8, 16, 64];

/** Rounds in which dimensions that follow from others are put right. */
const PASSES = 4;

/**
 * Bytes that a run takes beside the weights at the least shape that can be planned; undefined where none was found whose inputs fit one
 * another. Throws `model_unavailable` where there are such shapes, and none can be planned.
 */
export function tryPlan(code: ProgramFunction, imageBytes: number, mode: number): number | undefined {
  let failure: unknown;
  for (const tokens of TRIES) {
    try {
      const dims = fittingDims(code, tokens);
      if (dims) return planBytes(code, dims, { at: 0, bytes: imageBytes }, mode);
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure === undefined) return undefined;
  const reason = failure instanceof Error ? failure.message : String(failure);
  const isTold = failure instanceof ServiceError && failure.code === 'model_unavailable';
  if (isTold) throw failure;
  throw new DamagedProgram(reason, { cause: failure });
}

/** What `plan` gives. A program that can be planned at other shapes is sound: where it fails, the input does not fit, which is `invalid_input`. */
export function planned<T>(
  code: ProgramFunction,
  feeds: HeldFeeds,
  { image, mode }: Pick<EngineInstance, 'image' | 'mode'>,
  plan: () => T,
): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'model_unavailable')) throw error;
    if (tryPlan(code, image.bytes, mode) === undefined) throw error;
    const shapes = code.inputs.flatMap(({ name }) => {
      const tensor = feeds[name];
      return tensor && 'data' in tensor ? [`${name} [${tensor.dims}]`] : [];
    });
    const message = `the graph cannot be run with tensors of these shapes together: ${shapes.join(', ')}`;
    throw new ServiceError('invalid_input', message, { cause: error });
  }
}

function planBytes(code: ProgramFunction, dims: Dims, image: PlanRequest['image'], mode: number): number {
  const cache = code.buffers.find(({ place }) => place.kind === 'cache')?.place;
  const pastCapacity = (cache?.kind === 'cache' && dims[cache.input]?.[2]) || 0;
  const outputs = code.outputs.map((_, output) => output);
  // Tokens in the end, whatever room there is.
  const few = evaluateSizes(code.sizes, { inputs: dims, capacity: 0, pastCapacity });
  const tokens = code.outputs.map(({ dims: own, buffer }) =>
    code.buffers[buffer]?.place.kind === 'cache' ? (few[own[2] ?? -1] ?? 0) : 0,
  );
  const shapes = { inputs: dims, capacity: Math.max(0, ...tokens), pastCapacity };
  const sizes = evaluateSizes(code.sizes, shapes);
  const elements = (input: number) => dims[input]?.reduce((x, y) => x * y, 1) ?? -1;
  checkRooms(code, sizes, shapes, elements, outputs, new Map());
  const { workBytes, commands } = toPlan(
    { code, sizes, outputs, image, held: new Map(), inPlace: new Set(), oneRows: new Map(), mode },
    0,
  );
  return workBytes + commands.byteLength;
}

/** Dimensions of all inputs, for one row: those that others decide as they do, and `tokens` for the rest. */
function fittingDims({ inputs, sizes, equalities }: ProgramFunction, tokens: number): Dims | undefined {
  const given = inputs.map(({ dims }) => dims.map((_, axis) => (axis === 0 ? 1 : tokens)));
  for (let pass = 0; pass < PASSES; pass++) {
    const before = JSON.stringify(given);
    const values = evaluateSizes(sizes, { inputs: given, capacity: 0, pastCapacity: 0 });
    inputs.forEach(({ dims }, input) => {
      dims.forEach((size, axis) => {
        given[input]?.splice(axis, 1, values[size] ?? 0);
      });
    });
    const isRight = equalities.every(([a, b]) => values[a] === values[b]);
    if (isRight && before === JSON.stringify(given)) return given.flat().some((size) => size < 0) ? undefined : given;
    for (const [a, b] of equalities) {
      mend(sizes[a], values[b] ?? 0, given);
      mend(sizes[b], values[a] ?? 0, given);
    }
  }
  return undefined;
}

/** Makes a dimension of an input what it is to be equal to. */
function mend(size: Size | undefined, value: number, given: number[][]): void {
  if (size?.kind === 'input' && value >= 0) given[size.input]?.splice(size.axis, 1, value);
}
