// GatherBlockQuantized of onnxruntime (docs/ContribOperators.md): rows of a table of 4 or 8 bits, whose scales and zero points stand for a
// block of a row each. What indices outside of the table are is the engine's affair: an error, as of Gather.

import type { ByteWeights } from '../byte-weights.ts';
import { constant, isNumber } from '../dim.ts';
import { type Blocks, knownElements, staticDims, type View, whole } from '../ir.ts';
import { packNibbles, unpackNibbles } from '../nibbles.ts';
import { Unsupported } from '../unsupported.ts';
import type { Call, Operator } from './operator.ts';

function gatherBlockQuantized(call: Call): View {
  const [table, indices] = [tableOf(call), call.input(1)];
  const [rows, width] = [constant(table.rows), constant(table.width)];
  const { name } = call.input(0).buffer;
  const length = constant(table.rows * table.width);
  const view = whole({ type: 'float', length, blocks: table, ...(name && { name }) }, [rows, width]);
  return call.builder.emit({ kind: 'gather', axis: 0 }, [view, indices], [...indices.dims, width], 'float');
}

function tableOf(call: Call): Blocks {
  const data = call.input(0);
  const { bytes } = data.buffer;
  const [rows, columns, ...others] = staticDims(data) ?? [];
  if (!bytes || !rows || !columns || others.length > 0) {
    throw new Unsupported('what is gathered from is no table of weights in 4 or 8 bits');
  }
  const [from, along] = [call.axis(call.int('gather_axis', 0), 2), call.axis(call.int('quantize_axis', 1), 2)];
  if (from !== 0 || along !== 1) throw new Unsupported('rows are gathered, with blocks along them, and nothing else');
  // Those in bytes are of 8 bits, or two of 4, which their type does not say.
  const [isPacked, bits] = [bytes.bits === 8, call.int('bits', 4)];
  if (bits !== 4 && !(bits === 8 && isPacked)) throw new Unsupported(`a table of ${bits} bits is not supported`);
  const perByte = isPacked && bits === 4 ? 2 : 1;
  const [width, block] = [columns * perByte, call.int('block_size', 128)];
  if (block < 16 || (block & (block - 1)) !== 0) throw new Unsupported(`blocks of ${block} are not supported`);
  const blocks = Math.ceil(width / block);
  const scales = knownElements(hasDims(call.input(2), [rows, blocks], 'scales'));
  if (!(scales instanceof Float32Array)) throw new Unsupported('the scales of a table are not known');
  const read = () => {
    const values = bytes.read();
    if (isPacked) return new Uint8Array(values.buffer, values.byteOffset, values.length);
    return packNibbles(bytes.isSigned ? unsigned(values) : values, width);
  };
  return { rows, width, bits, block, scales, zeros: zerosOf(call, bytes, rows, blocks, perByte), read };
}

/** Without a sign. */
function zerosOf(call: Call, data: ByteWeights, rows: number, blocks: number, perByte: number): Uint8Array {
  if (!call.has(3)) {
    const ofBytes = perByte === 2 ? 8 : 128;
    return Uint8Array.of(data.bits === 8 ? ofBytes : data.isSigned ? 8 : 0);
  }
  const given = hasDims(call.input(3), [rows, Math.ceil(blocks / perByte)], 'zero points').buffer.bytes;
  if (given?.bits !== data.bits) throw new Unsupported('the zero points of a table are not known');
  const values = given.read();
  const zeros = perByte === 2 ? splitRows(values, rows, blocks) : given.isSigned ? unsigned(values) : values;
  const [first = 0] = zeros;
  return zeros.every((zero) => zero === first) ? Uint8Array.of(first) : Uint8Array.from(zeros);
}

/** Rows of so many numbers, two in a byte, each row from a byte on. */
function splitRows(packed: ArrayLike<number>, rows: number, width: number): Uint8Array {
  const elements = unpackNibbles(Uint8Array.from(packed), 2 * packed.length, false);
  const stride = 2 * Math.ceil(width / 2);
  return Uint8Array.from(
    { length: rows * width },
    (_, i) => elements[Math.floor(i / width) * stride + (i % width)] ?? 0,
  );
}

/** Numbers from -8 to 7, with 8 more. */
const unsigned = (values: ArrayLike<number>) => Uint8Array.from(values, (value) => value + 8);

function hasDims(view: View, wanted: readonly number[], what: string): View {
  const isSame = view.dims.length === wanted.length && view.dims.every((size, i) => isNumber(size, wanted[i] ?? 0));
  if (!isSame) throw new Unsupported(`the ${what} of a table are not of the shape [${wanted}]`);
  return view;
}

export const BLOCKS: Readonly<Record<string, Operator>> = { GatherBlockQuantized: gatherBlockQuantized };
