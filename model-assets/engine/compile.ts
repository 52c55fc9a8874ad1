// The compiler: ONNX graphs of a model to one file for the engine. Graphs of one model share their weights, and the instance that runs them.

import { setImmediate } from 'node:timers/promises';
import type { Program } from '../../shared/runtime/engine/program.ts';
import { narrowFirstTokens } from './first-token.ts';
import { fuse } from './fuse/fuse.ts';
import { Image } from './image.ts';
import { importOnnx } from './import-onnx.ts';
import { toInt4 } from './int4-weights.ts';
import { keepLogits } from './keep-logits.ts';
import { drained, type Lowered, lowering } from './lower.ts';
import { readOnnx } from './onnx-file.ts';
import type { WeightFile } from './outline.ts';
import { at } from './unsupported.ts';
import { writeFront } from './write-program.ts';

export interface OnnxSource {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly externalData: ReadonlyMap<string, WeightFile>;
}

export interface Compiled {
  readonly program: Program;
  /** The functions of the program, with what explains them. */
  readonly lowered: readonly Lowered[];
  /** What is published, but for the image behind it. */
  readonly front: Uint8Array;
}

/** How the products of attention are computed: see shared/runtime/engine/README.md. */
export type Attention = 'float' | 'int8';

/** Of the large ones: as they stand in the graphs, or 4 bits. */
export type WeightType = 'given' | 'int4';

/** What graphs leave open of how they are computed. */
export interface Precision {
  /** Left open, in floats. */
  readonly attention?: Attention | undefined;
  /** Left open, as they stand in the graphs. */
  readonly weights?: WeightType | undefined;
}

/**
 * Graphs that read a text as a whole, where nothing is fed that was there before. Others are given some tokens now and some then, and would
 * answer by how many.
 */
const READ_AT_ONCE = ['model', 'encoder'];
/** Inputs that were there before: keys and values, and Transformer-XL's memories. */
const PAST = /^(past|mems)/;

/** Milliseconds of work after which others have a turn. */
const TURN = 2;

/**
 * Throws, with the graph, the node and the reason, where the engine cannot run what is asked. Weights go into `image`. It takes turns with
 * whatever else the process does.
 */
export async function compileInto(
  image: Image,
  sources: readonly OnnxSource[],
  precision: Precision = {},
): Promise<Compiled> {
  const work = compiling(image, sources, precision);
  for (let since = performance.now(); ; ) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - since < TURN) continue;
    await setImmediate();
    since = performance.now();
  }
}

function* compiling(
  image: Image,
  sources: readonly OnnxSource[],
  { attention, weights }: Precision,
): Generator<void, Compiled> {
  const lowered: Lowered[] = [];
  for (const { name, onnx, externalData } of sources) {
    try {
      const { condition, graphs } = importOnnx(readOnnx(onnx, externalData));
      for (const [i, graph] of graphs.entries()) {
        const own = condition === null ? null : { input: condition, value: i === 0 };
        const readsAtOnce = READ_AT_ONCE.includes(name) && !graph.inputs.some((input) => PAST.test(input.name));
        const fused = fuse(graph, attention === 'int8' && readsAtOnce);
        const ready = keepLogits(narrowFirstTokens(fused));
        const weighed = weights === 'int4' ? yield* toInt4(ready) : ready;
        lowered.push(yield* lowering(weighed, name, own, image));
      }
    } catch (cause) {
      throw at(`graph ${name}`, cause);
    }
  }
  const program: Program = { functions: lowered.map(({ code }) => code), imageBytes: image.byteLength };
  return { program, lowered, front: writeFront(program) };
}

/** The same in memory and in one go, with the whole file. */
export function compile(
  sources: readonly OnnxSource[],
  precision: Precision = {},
): Compiled & { readonly bytes: Uint8Array } {
  const image = new Image();
  const compiled = drained(compiling(image, sources, precision));
  const bytes = new Uint8Array(compiled.front.byteLength + image.byteLength);
  bytes.set(compiled.front);
  bytes.set(image.toBytes(), compiled.front.byteLength);
  return { ...compiled, bytes };
}
