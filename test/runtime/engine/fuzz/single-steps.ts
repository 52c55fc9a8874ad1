// Honest programs of a single step, of kinds that no seeded checkpoint has among them.

import { writeProgram } from '../../../../model-assets/engine/write-program.ts';
import * as c from '../../../../shared/runtime/engine/command-format.ts';
import * as p from '../../../../shared/runtime/engine/program.ts';
import { HEADER_BYTES } from '../../../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../../../shared/runtime/engine/read-program.ts';

export interface Honest {
  readonly name: string;
  readonly file: Uint8Array;
  readonly program: p.Program;
  readonly image: Uint8Array;
}

export function toHonest(name: string, file: Uint8Array): Honest {
  const header = readHeader(file.subarray(0, HEADER_BYTES), file.byteLength);
  const end = HEADER_BYTES + header.programBytes;
  return { name, file, program: readProgram(header, file.subarray(HEADER_BYTES, end)), image: file.slice(end) };
}

const FLOAT = 1;
const INT64 = 7;

/** A tensor of a single step: its dimensions, and where it is. */
export type Tensor = readonly [dims: readonly number[], place: 'float' | 'int' | 'image' | 'out'];

/** The first dimension of every tensor that is fed is the run's. */
export function singleSteps(): Honest[] {
  const steps: readonly (readonly [kind: number, tensors: readonly Tensor[], words: readonly number[]])[] = [
    [
      p.STEP_GATHER_I8,
      [
        [[2, 16], 'out'],
        [[2], 'int'],
      ],
      [0, 5, 16, 128, 1, 192],
    ],
    [
      p.STEP_GATHER_I8,
      [
        [[3, 4, 7], 'out'],
        [[3, 4], 'int'],
      ],
      [64, 9, 7, 128, 0, p.ABSENT],
    ],
    [
      p.STEP_GATHER,
      [
        [[3, 2, 4], 'out'],
        [[3, 5, 4], 'float'],
        [[2], 'int'],
      ],
      [1],
    ],
    [
      p.STEP_REDUCE,
      [
        [[2, 1, 5], 'out'],
        [[2, 3, 5], 'float'],
      ],
      [c.MEAN, 1],
    ],
    [
      p.STEP_REDUCE,
      [
        [[2, 3], 'out'],
        [[2, 3, 9], 'float'],
      ],
      [c.GREATEST, 2],
    ],
    [
      p.STEP_LINEAR,
      [
        [[3, 11], 'out'],
        [[3, 20], 'float'],
      ],
      [0, 11, 20, c.GELU_ERF, 1],
    ],
    [
      p.STEP_LINEAR,
      [
        [[3, 9], 'out'],
        [[3, 6], 'float'],
      ],
      [64, 9, 6, c.NONE, 0],
    ],
    [
      p.STEP_LINEAR,
      [
        [[3, 19], 'out'],
        [[3, 37], 'float'],
      ],
      [0, 19, 37, c.RELU, p.WEIGHTS_I4],
    ],
    [
      p.STEP_LINEAR,
      [
        [[1, 9], 'out'],
        [[1, 70], 'float'],
      ],
      [64, 9, 70, c.GELU_TANH, p.WEIGHTS_I4],
    ],
    [
      p.STEP_LINEAR,
      [
        [[7, 10], 'out'],
        [[7, 40], 'float'],
      ],
      [64, 10, 40, c.NONE, p.WEIGHTS_I4],
    ],
    [
      p.STEP_GATHER_BLOCKS,
      [
        [[2, 3, 37], 'out'],
        [[2, 3], 'int'],
      ],
      [0, 5, 37, 4, 16, 128, 256, 0],
    ],
    [
      p.STEP_GATHER_BLOCKS,
      [
        [[3, 40], 'out'],
        [[3], 'int'],
      ],
      [64, 4, 40, 8, 32, 512, p.ABSENT, 128],
    ],
    [
      p.STEP_MATMUL,
      [
        [[2, 3, 9], 'out'],
        [[2, 3, 4], 'float'],
        [[2, 4, 9], 'float'],
      ],
      [0],
    ],
    [
      p.STEP_SCATTER,
      [
        [[4, 3], 'out'],
        [[4, 3], 'float'],
        [[2, 1], 'int'],
        [[2, 3], 'image'],
      ],
      [],
    ],
    [
      p.STEP_CUMULATIVE_SUM,
      [
        [[2, 5], 'out'],
        [[2, 5], 'float'],
      ],
      [1, 0, 1, 1],
    ],
    [
      p.STEP_TRILU,
      [
        [[2, 4, 5], 'out'],
        [[2, 4, 5], 'float'],
      ],
      [1, 1],
    ],
    [
      p.STEP_SOFTMAX,
      [
        [[2, 7], 'out'],
        [[2, 7], 'float'],
      ],
      [1],
    ],
    [
      p.STEP_SELECT,
      [
        [[3, 5], 'out'],
        [[3, 5], 'int'],
        [[3, 5], 'float'],
        [[3, 5], 'image'],
      ],
      [],
    ],
    [
      p.STEP_ATTENTION,
      [
        [[2, 2, 3, 9], 'out'],
        [[2, 2, 3, 4], 'float'],
        [[2, 2, 5, 4], 'float'],
        [[2, 2, 5, 9], 'float'],
        [[2, 2, 3, 5], 'int'],
      ],
      [0x3f000000, c.SCORES_KEEP, 0],
    ],
    [
      p.STEP_ATTENTION_I8,
      [
        [[2, 2, 35, 9], 'out'],
        [[2, 2, 35, 4], 'float'],
        [[2, 2, 41, 4], 'float'],
        [[2, 2, 41, 9], 'float'],
        [[2, 2, 35, 41], 'float'],
      ],
      [0x3f000000, c.SCORES_ADD, 0],
    ],
    [
      p.STEP_ATTENTION_I8,
      [
        [[1, 2, 47, 11], 'out'],
        [[1, 2, 47, 7], 'float'],
        [[1, 2, 33, 7], 'float'],
        [[1, 2, 33, 11], 'float'],
        [[1, 2, 47, 33], 'int'],
      ],
      [0x3f000000, c.SCORES_KEEP, 0, 1],
    ],
  ];
  return steps.map(([kind, tensors, words], i) => {
    const program: p.Program = { functions: [singleStep(kind, tensors, words)], imageBytes: 1024 };
    const image = Uint8Array.from({ length: 1024 }, (_, at) => (at % 4 === 3 ? 0x3e : (at * 37) & 63));
    return toHonest(`step ${kind}, ${i}`, writeProgram(program, image));
  });
}

/** `tensors`: those of the step, what it writes first. */
export function singleStep(kind: number, tensors: readonly Tensor[], words: readonly number[]): p.ProgramFunction {
  const sizes: p.Size[] = [];
  const constant = (value: number) => sizes.push({ kind: 'constant', value }) - 1;
  const zero = constant(0);
  const inputs: p.ProgramInput[] = [];
  const buffers: p.ProgramBuffer[] = [];
  const views = tensors.map(([dims, place], buffer): p.ProgramView => {
    const numbers = dims.map(constant);
    const strides = dims.map((_, axis) => constant(dims.slice(axis + 1).reduce((x, y) => x * y, 1)));
    const length = constant(dims.reduce((x, y) => x * y, 1));
    const isFed = place === 'float' || place === 'int';
    if (isFed) inputs.push({ name: `in${inputs.length}`, type: place === 'int' ? INT64 : FLOAT, dims: numbers });
    const where = isFed ? ({ kind: 'input', input: inputs.length - 1 } as const) : undefined;
    const other = place === 'out' ? ({ kind: 'work' } as const) : ({ kind: 'image', at: 256 } as const);
    buffers.push({ length, isFloat: place !== 'int', place: where ?? other });
    return { buffer, offset: zero, dims: numbers, strides };
  });
  return {
    graph: 'model',
    condition: null,
    sizes,
    inputs,
    outputs: [{ name: 'out', type: FLOAT, dims: views[0]?.dims ?? [], buffer: 0 }],
    buffers,
    views,
    steps: [{ kind, views: views.map((_, i) => i), words }],
    equalities: [],
  };
}
