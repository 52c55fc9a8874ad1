// Each operator against the backend tests of ONNX, and against onnxruntime for what those lack (fixtures/onnx-operators): compiled with the
// dimensions that the case has, and again with names in their place.

import { expect, inject, test } from 'vitest';
import { DOT_PLAIN } from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import { fromBase64, openCompiled, toTensor } from './compiled.ts';
import { expectClose } from './expected.ts';
import type { CompiledCase, OperatorCase } from './operator-cases.ts';
import { REFUSED, REFUSED_AT_RUN, REFUSED_BY_NAMES } from './operators-refused.ts';

const cases = inject('operatorCases');

test('what is refused is what the list says, with the node and the reason', () => {
  const refused = (compiled: CompiledCase | null) => (compiled && 'refused' in compiled ? compiled.refused : null);
  const found = cases.flatMap(({ name, fixed, symbolic }) => {
    const messages = [refused(fixed), symbolic ? refused(symbolic) : refused(fixed)];
    return messages[0] === null && messages[1] === null ? [] : [[name, messages] as const];
  });
  const listed = [
    ...Array.from(REFUSED, ([name, message]) => [name, [message, message]] as const),
    ...Array.from(REFUSED_BY_NAMES, ([name, message]) => [name, [null, message]] as const),
  ];
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(listed));
});

test.each(cases.filter(({ name }) => !REFUSED.has(name)))('$name', async (it) => {
  const isRefused = REFUSED_AT_RUN.includes(it.name) || REFUSED_BY_NAMES.has(it.name);
  const variants = [it.fixed, ...(it.symbolic && !isRefused ? [it.symbolic] : [])];
  // What rounds does so in another way without the relaxed dot product.
  const modes = it.tolerance === undefined ? [undefined] : [undefined, DOT_PLAIN];
  for (const [i, compiled] of variants.entries()) {
    for (const mode of modes) await expectGolden(it, compiled, `${i ? 'symbolic' : 'fixed'} ${mode ?? ''}`, mode);
  }
});

test.each(cases.filter(({ name }) => REFUSED_AT_RUN.includes(name)))('$name beyond the size', async (it) => {
  await expect(run(it, it.symbolic ?? it.fixed)).rejects.toMatchObject({ code: 'invalid_input' });
});

function run({ inputs }: OperatorCase, compiled: CompiledCase, mode?: number) {
  if ('refused' in compiled) throw new Error(compiled.refused);
  const session = openCompiled(engine, fromBase64(compiled.program), mode);
  return session.run(Object.fromEntries(inputs.map((tensor) => [tensor.name, toTensor(tensor)])));
}

async function expectGolden(it: OperatorCase, compiled: CompiledCase, what: string, mode?: number): Promise<void> {
  const fetched = await run(it, compiled, mode);
  const { tolerance } = it;
  for (const output of it.outputs) {
    const [actual, expected] = [fetched[output.name], toTensor(output)];
    expect(actual?.dims, what).toEqual(output.dims);
    if (!(expected.data instanceof Float32Array)) {
      expect(actual?.data, what).toEqual(expected.data);
    } else if (actual?.data instanceof Float32Array) {
      const bounds =
        tolerance === undefined ? { absolute: 1e-5, relative: 1e-5 } : { absolute: tolerance, relative: 0 };
      expectClose(actual.data, expected.data, { ...bounds, what });
    } else expect.fail(`${what}: ${output.name} is not of floats`);
  }
}
