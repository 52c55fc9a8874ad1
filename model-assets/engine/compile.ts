// The compiler: ONNX graphs of a model to one file for the engine. Graphs of one model share their weights, and the instance that runs them.

import type { Program } from '../../shared/runtime/engine/program.ts';
import { fuse } from './fuse/fuse.ts';
import { Image } from './image.ts';
import { importOnnx } from './import-onnx.ts';
import { type Lowered, lower } from './lower.ts';
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

/** Throws, with the graph, the node and the reason, where the engine cannot run what is asked. Weights go into `image`. */
export function compileInto(image: Image, sources: readonly OnnxSource[]): Compiled {
  const lowered = sources.flatMap(({ name, onnx, externalData }) => {
    try {
      const { condition, graphs } = importOnnx(readOnnx(onnx, externalData));
      return graphs.map((graph, i) =>
        lower(fuse(graph), name, condition === null ? null : { input: condition, value: i === 0 }, image),
      );
    } catch (cause) {
      throw at(`graph ${name}`, cause);
    }
  });
  const program: Program = { functions: lowered.map(({ code }) => code), imageBytes: image.byteLength };
  return { program, lowered, front: writeFront(program) };
}

/** The same in memory, with the whole file. */
export function compile(sources: readonly OnnxSource[]): Compiled & { readonly bytes: Uint8Array } {
  const image = new Image();
  const compiled = compileInto(image, sources);
  const bytes = new Uint8Array(compiled.front.byteLength + image.byteLength);
  bytes.set(compiled.front);
  bytes.set(image.toBytes(), compiled.front.byteLength);
  return { ...compiled, bytes };
}
