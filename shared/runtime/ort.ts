// `Session` over onnxruntime-web's WASM provider: the engine that runs any ONNX graph.

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/wasm';
import { ServiceError } from '../errors.ts';
import type { Tensor, TensorData } from '../tensor.ts';
import { ortHeapBytes, withOrt } from './ort-wasm.ts';
import { createSerial } from './serial.ts';
import type { Feeds, Fetches, Session } from './session.ts';

export interface OnnxFiles {
  /** The `.onnx` file. */
  readonly graph: Uint8Array;
  /** Weights outside it, each under the path by which the graph names it. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

// One WASM instance behind every session: opening, running and closing take turns in it.
const serial = createSerial();

/** Opens an ONNX graph. The caller's bytes are copied into WASM memory and can be dropped afterwards. */
export function openOrtSession(files: OnnxFiles): Promise<Session> {
  return serial(async () => {
    const before = ortHeapBytes();
    const session = await withOrt((ort) =>
      ort.InferenceSession.create(files.graph, {
        executionProviders: ['wasm'],
        // One request after the other, of any length: an arena would keep the memory of the longest for ever.
        enableCpuMemArena: false,
        enableMemPattern: false,
        ...(files.externalData && { externalData: [...files.externalData] }),
      }),
    );
    // What others have freed is used again before the heap grows, so growth alone would say too little.
    return new OrtSession(session, Math.max(ortHeapBytes() - before, sizeOf(files)));
  });
}

/** What a session keeps at least: the weights, which are copied. */
function sizeOf({ graph, externalData = [] }: OnnxFiles): number {
  return externalData.reduce((sum, { data }) => sum + data.byteLength, graph.byteLength);
}

class OrtSession implements Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly bytes: number;
  readonly #session: InferenceSession;
  readonly #types: ReadonlyMap<string, string>;

  constructor(session: InferenceSession, bytes: number) {
    this.#session = session;
    this.inputs = session.inputNames;
    this.outputs = session.outputNames;
    const tensors = session.inputMetadata.filter((input) => input.isTensor);
    this.shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape.map(toDimension)]));
    this.#types = new Map(tensors.map(({ name, type }) => [name, type]));
    this.bytes = bytes;
  }

  async run(feeds: Feeds, outputs: readonly string[] = this.outputs): Promise<Fetches> {
    checkNames(feeds, this.inputs, outputs, this.outputs);
    return serial(() =>
      withOrt(async ({ Tensor: Ort }) => {
        const tensors = Object.entries(feeds).map(
          ([name, tensor]) => [name, toOrt(Ort, tensor, this.#types.get(name))] as const,
        );
        const fetched = await this.#session.run(Object.fromEntries(tensors), [...outputs]);
        return Object.fromEntries(outputs.map((name) => [name, fromOrt(name, fetched[name])]));
      }),
    );
  }

  close(): Promise<void> {
    return serial(() => this.#session.release());
  }
}

function checkNames(feeds: Feeds, inputs: readonly string[], wanted: readonly string[], outputs: readonly string[]) {
  const given = Object.keys(feeds);
  if (given.length !== inputs.length || !inputs.every((name) => name in feeds)) {
    throw new ServiceError('invalid_input', `the graph takes ${inputs.join(', ')}; it was given ${given.join(', ')}`);
  }
  const unknown = wanted.filter((name) => !outputs.includes(name));
  if (unknown.length > 0) {
    throw new ServiceError(
      'invalid_input',
      `the graph has no output ${unknown.join(', ')}; it has ${outputs.join(', ')}`,
    );
  }
}

/** A dimension without a size has a name, or -1. */
const toDimension = (dimension: number | string) =>
  typeof dimension === 'number' && dimension >= 0 ? dimension : null;

function toOrt(Ort: typeof OrtTensor, { data, dims }: Tensor<TensorData>, type: string | undefined): OrtTensor {
  if (type === 'bool' && data instanceof Uint8Array) return new Ort('bool', data, dims);
  if (data instanceof BigInt64Array) return new Ort('int64', data, dims);
  if (data instanceof Int32Array) return new Ort('int32', data, dims);
  if (data instanceof Uint8Array) return new Ort('uint8', data, dims);
  return new Ort('float32', data, dims);
}

function fromOrt(name: string, tensor: OrtTensor | undefined): Tensor<TensorData> {
  const data = tensor?.data;
  if (
    data instanceof Float32Array ||
    data instanceof BigInt64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array
  ) {
    return { data, dims: tensor?.dims ?? [] };
  }
  throw new ServiceError('internal', `output ${name} has an element type that is not supported: ${tensor?.type}`);
}
