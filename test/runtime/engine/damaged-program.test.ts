// Programs that are cut, altered or lie: refused when they are opened, or, where only shapes show it, before a command runs.

import { expect, test } from 'vitest';
import { writeProgram } from '../../../model-assets/engine/write-program.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import * as c from '../../../shared/runtime/engine/command-format.ts';
import type { Loaded } from '../../../shared/runtime/engine/load-engine.ts';
import { openEngine } from '../../../shared/runtime/engine/open-engine.ts';
import * as p from '../../../shared/runtime/engine/program.ts';
import { crc32, HEADER_BYTES } from '../../../shared/runtime/engine/program-format.ts';
import type { Feeds } from '../../../shared/runtime/session.ts';
import { singleStep, singleSteps, type Tensor } from './fuzz/single-steps.ts';

const IMAGE = new Uint8Array(1024);

async function* inChunks(file: Uint8Array, size: number) {
  for (let at = 0; at < file.byteLength; at += size) yield file.subarray(at, at + size);
}

const open = (file: Uint8Array): Promise<Loaded> => openEngine(inChunks(file, 1000), file.byteLength);

const openFunction = (code: p.ProgramFunction): Promise<Loaded> =>
  open(writeProgram({ functions: [code], imageBytes: IMAGE.byteLength }, IMAGE));

const refusal = (code: ErrorCode, message: string) =>
  expect.objectContaining({ name: 'ServiceError', code, message: expect.stringContaining(message) });

const damaged = (message = 'damaged') => refusal('model_unavailable', message);

test('what is not altered opens and runs', async () => {
  for (const { name, file, program } of singleSteps()) {
    const { sessions } = await open(file);
    const [code] = program.functions;
    const feeds = Object.fromEntries(
      (code?.inputs ?? []).map(({ name: input, type, dims }) => {
        const numbers = dims.map((size) => (code?.sizes[size]?.kind === 'constant' ? code.sizes[size].value : 0));
        const length = numbers.reduce((x, y) => x * y, 1);
        return [input, { data: type === 1 ? new Float32Array(length) : new BigInt64Array(length), dims: numbers }];
      }),
    );
    expect((await sessions.model?.run(feeds))?.out, name).toBeDefined();
  }
});

test('a file that is cut anywhere is refused', async () => {
  const [whole] = singleSteps();
  if (!whole) throw new Error('there is no program');
  for (let length = 0; length < whole.file.byteLength; length += 13) {
    const cut = whole.file.subarray(0, length);
    await expect(openEngine(inChunks(cut, 100), length), `${length}`).rejects.toEqual(damaged());
    // Where it is only the transfer that ends.
    await expect(openEngine(inChunks(cut, 100), whole.file.byteLength), `${length}`).rejects.toEqual(damaged());
  }
});

test('a file with any other word before its weights is refused', async () => {
  const [whole] = singleSteps();
  if (!whole) throw new Error('there is no program');
  for (let at = 0; at < whole.file.byteLength - whole.image.byteLength; at += 4) {
    // Other flags, and two words of the header, mean nothing.
    if (at >= 20 && at < HEADER_BYTES) continue;
    const altered = whole.file.slice();
    altered[at + 1] = (altered[at + 1] ?? 0) ^ 0x40;
    await expect(open(altered), `byte ${at}`).rejects.toEqual(damaged());
  }
});

test('counts that ask for more than there is are refused, as is a program without an end', async () => {
  for (const words of [[2 ** 20], [2 ** 31 - 1], [-1], [1, 2 ** 20], [1, 4, 0x65646f6d, -1, 0, 2 ** 20]]) {
    const body = new Uint8Array(64);
    new Int32Array(body.buffer).set(words);
    const file = new Uint8Array(HEADER_BYTES + 64);
    new Uint32Array(file.buffer).set([0x45475045, 1, 64, 0, crc32(body)]);
    file.set(body, HEADER_BYTES);
    await expect(open(file), `${words}`).rejects.toEqual(damaged());
  }
  const header = new Uint8Array(HEADER_BYTES);
  new Uint32Array(header.buffer).set([0x45475045, 1, 2 ** 31, 0, 0]);
  await expect(openEngine(inChunks(header, 32), HEADER_BYTES + 2 ** 31)).rejects.toEqual(damaged('before its weights'));
});

const tensorsOf = (dims: readonly number[], count: number) =>
  Array.from({ length: count }, (_, i): Tensor => [dims, i === 0 ? 'out' : 'float']);
const FLOATS = tensorsOf([2, 6], 2);

const hostile: readonly (readonly [why: string, code: p.ProgramFunction])[] = [
  ['along the axis -1', singleStep(p.STEP_CUMULATIVE_SUM, FLOATS, [-1, 0, 0, 1])],
  ['along the axis 2', singleStep(p.STEP_CUMULATIVE_SUM, FLOATS, [2, 0, 0, 1])],
  [
    'along the axis -1',
    singleStep(
      p.STEP_REDUCE,
      [
        [[12], 'out'],
        [[2, 6], 'float'],
      ],
      [c.SUM, -1],
    ),
  ],
  [
    'along the axis 7',
    singleStep(
      p.STEP_GATHER,
      [
        [[2], 'out'],
        [[2], 'float'],
        [[2], 'int'],
      ],
      [7],
    ),
  ],
  ['the operation 20', singleStep(p.STEP_UNARY, FLOATS, [20])],
  [
    'the operation 5',
    singleStep(
      p.STEP_REDUCE,
      [
        [[2], 'out'],
        [[2, 6], 'float'],
      ],
      [5, 1],
    ),
  ],
  ['a flag', singleStep(p.STEP_SOFTMAX, FLOATS, [2])],
  [
    'no matrix',
    singleStep(
      p.STEP_TRILU,
      [
        [[6], 'out'],
        [[6], 'float'],
      ],
      [0, 1],
    ),
  ],
  // The kernel takes an index for one of so many rows, without a sign.
  [
    'no rows',
    singleStep(
      p.STEP_GATHER_I8,
      [
        [[2, 4], 'out'],
        [[2], 'int'],
      ],
      [0, -5, 4, 128, 0, p.ABSENT],
    ),
  ],
  [
    'outside the image',
    singleStep(
      p.STEP_GATHER_I8,
      [
        [[2, 4], 'out'],
        [[2], 'int'],
      ],
      [0, 2 ** 28, 4, 0, 0, p.ABSENT],
    ),
  ],
  [
    'outside the image',
    singleStep(
      p.STEP_GATHER_I8,
      [
        [[2, 4], 'out'],
        [[2], 'int'],
      ],
      [0, 5, 4, 1022, 0, p.ABSENT],
    ),
  ],
  ['outside the image', singleStep(p.STEP_LINEAR, FLOATS, [64, 2 ** 20, 6, c.NONE, 0])],
  ['outside the image', singleStep(p.STEP_LINEAR, FLOATS, [892, 3, 6, c.NONE, p.WEIGHTS_I4])],
  ['weights of the kind 3', singleStep(p.STEP_LINEAR, FLOATS, [64, 3, 6, c.NONE, 3])],
  ['weights of the kind -1', singleStep(p.STEP_LINEAR, FLOATS, [64, 3, 6, c.NONE, -1])],
  ['no weights', singleStep(p.STEP_LINEAR, FLOATS, [64, -6, 6, c.NONE, 1])],
  ['no heads', singleStep(p.STEP_ATTENTION, tensorsOf([2, 3], 4), [0])],
  ['neither 0 nor 1', singleStep(p.STEP_ATTENTION, tensorsOf([1, 2, 3, 4], 4), [0, 2])],
  ['3 words', singleStep(p.STEP_ATTENTION, tensorsOf([1, 2, 3, 4], 4), [0, 1, 0])],
  [
    '3 tensors',
    singleStep(
      p.STEP_COPY,
      [
        [[2], 'out'],
        [[2], 'float'],
        [[2], 'float'],
      ],
      [],
    ),
  ],
  ['2 words', singleStep(p.STEP_UNARY, FLOATS, [c.ABS, 0])],
  [
    'lacks a view',
    { ...singleStep(p.STEP_COPY, FLOATS, []), steps: [{ kind: p.STEP_COPY, views: [0, -1], words: [] }] },
  ],
  [
    'is read before',
    { ...singleStep(p.STEP_COPY, FLOATS, []), steps: [{ kind: p.STEP_COPY, views: [0, 0], words: [] }] },
  ],
  ['not its own', { ...singleStep(p.STEP_COPY, FLOATS, []), steps: [{ kind: p.STEP_COPY, views: [1, 1], words: [] }] }],
  ['never written', { ...singleStep(p.STEP_COPY, FLOATS, []), steps: [] }],
  ['no buffer of its own', withOutput(singleStep(p.STEP_COPY, FLOATS, []), 1)],
];

function withOutput(code: p.ProgramFunction, buffer: number): p.ProgramFunction {
  return { ...code, outputs: code.outputs.map((output) => ({ ...output, buffer })) };
}

test.each(hostile)('refused when it is opened: %s', async (why, code) => {
  await expect(openFunction(code)).rejects.toEqual(damaged(why));
});

test('an attention with more tensors than a call can be given is refused', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  const views = new Array<number>(15_000).fill(1).with(0, 0);
  const words = new Array<number>(2 * views.length - 7).fill(0);
  const steps = [{ kind: p.STEP_ATTENTION, views, words }];
  await expect(openFunction({ ...code, steps })).rejects.toEqual(damaged('15000 tensors'));
});

/** The list, with its last entry again until it has so many. */
function lengthened<T>(list: readonly T[], length: number): T[] {
  return [...list, ...Array.from({ length: length - list.length }, () => list.slice(-1)).flat()];
}

test('more buffers or steps than can be planned in a moment are refused, in one function or in several', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  const withBuffers = (count: number) => ({ ...code, buffers: lengthened(code.buffers, count) });
  const withSteps = (count: number) => ({ ...code, steps: lengthened(code.steps, count) });
  await expect(openFunction(withBuffers(8193))).rejects.toEqual(damaged('it has 8193 buffers, and this engine'));
  await expect(openFunction(withSteps(8193))).rejects.toEqual(damaged('it has 8193 steps, and this engine'));
  const two = { functions: [withSteps(8000), { ...withSteps(200), graph: 'encoder' }], imageBytes: IMAGE.byteLength };
  await expect(open(writeProgram(two, IMAGE))).rejects.toEqual(damaged('it has 8200 steps, and this engine'));
  const most = { ...withSteps(8192), buffers: withBuffers(8192).buffers };
  expect((await openFunction(most)).sessions.model).toBeDefined();
});

/** The same program, one of whose sizes is another. */
function withSize(code: p.ProgramFunction, place: (code: p.ProgramFunction) => number | undefined, size: p.Size) {
  const at = place(code);
  return { ...code, sizes: code.sizes.map((known, i) => (i === at ? size : known)) };
}

const fed: Feeds = { in0: { data: new Float32Array(12), dims: [2, 6] } };
const rows: p.Size = { kind: 'input', input: 0, axis: 0 };

async function runs(code: p.ProgramFunction) {
  const { sessions } = await openFunction(code);
  return sessions.model?.run(fed);
}

test('what is fed has as many elements as its buffer', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  await expect(openFunction(withSize(code, ({ buffers }) => buffers[1]?.length, rows))).rejects.toEqual(
    damaged('meant'),
  );
});

test('what comes out has as many elements as its buffer', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  await expect(openFunction(withSize(code, ({ buffers }) => buffers[0]?.length, rows))).rejects.toEqual(
    damaged('meant'),
  );
});

test('sizes lie in a buffer that has room for them', async () => {
  const code = singleStep(p.STEP_COPY, [...FLOATS.slice(0, 1), [[2, 6], 'image'], [[2, 6], 'float']], []);
  const values = new Array<number>(64).fill(0);
  const buffers = code.buffers.map((buffer, i) =>
    i === 1 ? { ...buffer, place: { kind: 'sizes' as const, values } } : buffer,
  );
  const steps = [{ kind: p.STEP_COPY, views: [0, 1], words: [] }];
  await expect(openFunction({ ...code, buffers, steps })).rejects.toEqual(damaged('shorter'));
  const later = withSize({ ...code, buffers, steps }, () => buffers[1]?.length, {
    kind: 'sum',
    terms: [{ coefficient: 6, factors: [code.sizes.length] }],
  });
  // A size is made of those before it.
  await expect(openFunction({ ...later, sizes: [...later.sizes, rows] })).rejects.toEqual(damaged());
});

test('no two elements are written to one place: a loop without an end would be no more than a large tensor', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  const steady = withSize(code, ({ views }) => views[0]?.strides[0], { kind: 'mod', a: 0, b: 0 });
  await expect(openFunction(steady)).rejects.toEqual(damaged('one place'));
});

test('sizes that overflow are refused, and a division by 0 gives 0', async () => {
  const code = singleStep(p.STEP_COPY, FLOATS, []);
  const large = code.sizes.length;
  const most: p.Size = { kind: 'constant', value: 2 ** 31 - 1 };
  const terms = [{ coefficient: 1, factors: new Array<number>(16).fill(large) }];
  await expect(openFunction({ ...code, sizes: [...code.sizes, most, { kind: 'sum', terms }] })).rejects.toEqual(
    damaged('counted'),
  );
  const byZero: p.Size[] = [...code.sizes, most, { kind: 'div', a: large, b: 0 }, { kind: 'mod', a: large, b: 0 }];
  expect((await runs({ ...code, sizes: byZero }))?.out?.dims).toEqual([2, 6]);
});
