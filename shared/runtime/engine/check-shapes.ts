// Whether what is fed has the shapes and types that a graph takes, and whether its sizes agree with one another.

import { ServiceError } from '../../errors.ts';
import type { HeldFeeds } from '../session.ts';
import type { ProgramFunction } from './program.ts';
import { evaluateSizes } from './sizes.ts';

/** onnx.TensorProto.DataType */
const FLOAT = 1;

/** Throws `invalid_input`, with what the graph takes. What the graph does not read may have any shape. */
export function checkShapes(code: ProgramFunction, feeds: HeldFeeds): void {
  const given = code.inputs.map(({ name }) => feeds[name]?.dims ?? []);
  const sizes = evaluateSizes(code.sizes, { inputs: given, capacity: 0, pastCapacity: 0 });
  const read = new Set(code.buffers.flatMap(({ place }) => (place.kind === 'input' ? [place.input] : [])));
  code.inputs.forEach(({ name, dims, type }, i) => {
    const own = given[i] ?? [];
    const wanted = dims.map((size) => (code.sizes[size]?.kind === 'constant' ? sizes[size] : '*'));
    if (own.length !== dims.length || own.some((size, axis) => wanted[axis] !== '*' && wanted[axis] !== size)) {
      throw refused(`${name} has the shape [${own}]; the graph takes [${wanted}]`);
    }
    checkData(name, type, own, feeds);
    if (read.has(i) && dims.some((size, axis) => sizes[size] !== own[axis])) {
      const fitting = dims.map((size) => sizes[size]);
      throw refused(`${name} has the shape [${own}]; beside the other inputs it would be [${fitting}]`);
    }
  });
  for (const [a, b] of code.equalities) {
    if (sizes[a] === sizes[b]) continue;
    throw refused(`the inputs do not fit one another: a size is ${sizes[a]} by one, and ${sizes[b]} by another`);
  }
}

function checkData(name: string, type: number, dims: readonly number[], feeds: HeldFeeds): void {
  const tensor = feeds[name];
  if (!tensor || !('data' in tensor)) return;
  if ((type === FLOAT) !== tensor.data instanceof Float32Array) {
    throw refused(`${name} has elements of another type than the graph takes`);
  }
  const length = dims.reduce((x, y) => x * y, 1);
  if (tensor.data.length === length) return;
  throw refused(`${name} has ${tensor.data.length} elements for the shape [${dims}]`);
}

function refused(message: string): ServiceError {
  return new ServiceError('invalid_input', message);
}
