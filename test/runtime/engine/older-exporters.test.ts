// Graphs as exporters wrote them from opset 11 on (fixtures/older-exporters): the engine gives what onnxruntime gives.

import { expect, inject, test } from 'vitest';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { fromBase64, openCompiled, toTensor } from './compiled.ts';
import { expectClose } from './expected.ts';
import type {} from './operator-cases.ts';

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
      } else expectClose(actual.data, expected.data, { absolute: 1e-4, relative: 1e-4, what });
    }
  }
});
