// Tables that rows are gathered from, into the image, and the words of the steps that gather them.

import * as program from '../../shared/runtime/engine/program.ts';
import { toNumber } from './dim.ts';
import { isWhole } from './fuse/rewriter.ts';
import type { Image } from './image.ts';
import type { Blocks, Quantized, View } from './ir.ts';
import { toSigned } from './signed-bytes.ts';
import { Unsupported } from './unsupported.ts';

/** Of STEP_GATHER_I8. */
export function byteWords(image: Image, table: View, quantized: Quantized, axis: number): number[] {
  const [rows, width] = table.dims.map(toNumber);
  if (axis !== 0 || !isWhole(table) || rows === undefined || width === undefined) {
    throw new Unsupported('a table in bytes is not gathered by rows');
  }
  const isByRow = quantized.scales.length > 1;
  if (isByRow && (quantized.inner !== width || quantized.scales.length !== rows)) {
    throw new Unsupported('a table in bytes has scales for its columns');
  }
  const signed = toSigned(quantized);
  const zeros = signed.zeros.some((zero) => zero !== 0) ? image.place(signed.zeros) : program.ABSENT;
  const values = image.placeParts(signed.length, signed.part);
  const scales = image.place(signed.scales);
  return [values, rows, width, scales, Number(isByRow), zeros];
}

/** Of STEP_GATHER_BLOCKS. */
export function blockWords(image: Image, table: Blocks): number[] {
  const { rows, width, bits, block, zeros } = table;
  const [only = 0, ...more] = zeros;
  const [values, scales] = [image.place(table.read()), image.place(table.scales)];
  const [each, all] = more.length > 0 ? [image.place(zeros), 0] : [program.ABSENT, only];
  return [values, rows, width, bits, block, scales, each, all];
}
