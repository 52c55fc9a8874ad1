// Graphs as exporters wrote them from opset 11 on (fixtures/older-exporters): the engine gives what onnxruntime gives.

import { expect, inject, test } from 'vitest';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { fromBase64, openCompiled, toTensor } from './compiled.ts';
import { expectClose } from './expected.ts';
import type { CaseTensor } from './operator-cases.ts';

test.each(inject('olderGraphs'))('$name', async ({ compiled, runs }) => {
  if ('refused' in compiled) throw new Error(compiled.refused);
  const session = openCompiled(engine, fromBase64(compiled.program));
  expect(runs.length).toBeGreaterThan(0);
  for (const { name, inputs, outputs } of runs) {
    const fetched = await session.run(Object.fromEntries(inputs.map((tensor) => [tensor.name, toTensor(tensor)])));
    expect(Object.keys(fetched).sort()).toEqual(outputs.map((output) => output.name).sort());
    for (const output of outputs) {
      const [actual, expected] = [fetched[output.name], toTensor(output)];
      const what = `${name} ${output.name}`;
      expect(actual?.dims, what).toEqual(output.dims);
      if (!(actual?.data instanceof Float32Array && expected.data instanceof Float32Array)) {
        expect(actual?.data, what).toEqual(expected.data);
      } else {
        const judged = withoutPadding(
          expected.data,
          output.dims,
          inputs.find(({ name: input }) => input === 'attention_mask'),
        );
        expectClose(actual.data, judged, { absolute: 1e-4, relative: 1e-4, what });
      }
    }
  }
});

/** Where there was padding at the end of a row, the engine gives 0 and onnxruntime what it computed. */
function withoutPadding(data: Float32Array, dims: readonly number[], mask: CaseTensor | undefined): Float32Array {
  const result = data.slice();
  const [rows = 0, tokens = 0] = mask?.dims ?? [];
  if (!mask || dims[0] !== rows || dims[1] !== tokens) return result;
  const values = toTensor(mask).data;
  const perToken = data.length / (rows * tokens);
  for (let row = 0; row < rows; row++) {
    const last = Array.from(values.subarray(row * tokens, (row + 1) * tokens), Number).lastIndexOf(1);
    if (last >= 0) result.fill(0, (row * tokens + last + 1) * perToken, (row + 1) * tokens * perToken);
  }
  return result;
}
