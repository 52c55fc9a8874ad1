// Reads ONNX files: protocol buffers (https://protobuf.dev/programming-guides/encoding) by the numbers of onnx.proto3, as far as
// inference graphs go. It knows no operator.

import { checkLength, toInt32, typed } from './element-types.ts';
import type { WeightFile } from './outline.ts';
import { ProtobufReader } from './protobuf.ts';
import { Unsupported } from './unsupported.ts';

export interface OnnxTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  /** Of its elements. */
  readonly byteLength: number;
  /** Little-endian elements. */
  read(): Uint8Array;
  /** Of those the bytes from `start` to `end`. */
  part(start: number, end: number): Uint8Array;
}

export interface OnnxAttribute {
  readonly name: string;
  /** Integers are the nearest of 32 bits, as elements are. */
  readonly int: number;
  readonly float: number;
  readonly string: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly tensor: OnnxTensor | undefined;
  readonly graph: OnnxGraph | undefined;
}

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  /** Empty strings stand for inputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: number;
  /** A number, or the name of a size that a run decides. */
  readonly dims: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Version of the operators of ONNX itself. */
  readonly opset: number;
}

/** `externalData`: the files that hold weights outside the graph, by the path by which it names them. Throws on what is no ONNX file. */
export function readOnnx(bytes: Uint8Array, externalData: ReadonlyMap<string, WeightFile> = new Map()): OnnxModel {
  let graph: OnnxGraph | undefined;
  let opset = 0;
  const read = new GraphReader(externalData);
  for (const field of new ProtobufReader(bytes)) {
    if (field.number === 7) graph = read.graph(field.message());
    if (field.number === 8) {
      const [domain, version] = operatorSet(field.message());
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }
  }
  if (!graph || opset === 0)
    throw new Unsupported('this is no ONNX model: it has no graph, or names no version of its operators');
  return { graph, opset };
}

function operatorSet(reader: ProtobufReader): readonly [domain: string, version: number] {
  let domain = '';
  let version = 0;
  for (const field of reader) {
    if (field.number === 1) domain = field.text();
    if (field.number === 2) version = field.int();
  }
  return [domain, version];
}

class GraphReader {
  readonly #externalData: ReadonlyMap<string, WeightFile>;

  constructor(externalData: ReadonlyMap<string, WeightFile>) {
    this.#externalData = externalData;
  }

  graph(reader: ProtobufReader): OnnxGraph {
    const nodes: OnnxNode[] = [];
    const initializers: OnnxTensor[] = [];
    const inputs: OnnxValue[] = [];
    const outputs: OnnxValue[] = [];
    for (const field of reader) {
      if (field.number === 1) nodes.push(this.#node(field.message()));
      if (field.number === 5) initializers.push(this.#tensor(field.message()));
      if (field.number === 11) inputs.push(readValue(field.message()));
      if (field.number === 12) outputs.push(readValue(field.message()));
      if (field.number === 15) throw new Unsupported('the graph has sparse weights, which are not supported');
    }
    return { nodes, initializers, inputs, outputs };
  }

  #node(reader: ProtobufReader): OnnxNode {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, OnnxAttribute>();
    const text = { name: '', operator: '', domain: '' };
    for (const field of reader) {
      if (field.number === 1) inputs.push(field.text());
      if (field.number === 2) outputs.push(field.text());
      if (field.number === 3) text.name = field.text();
      if (field.number === 4) text.operator = field.text();
      if (field.number === 7) text.domain = field.text();
      if (field.number === 5) {
        const attribute = this.#attribute(field.message());
        attributes.set(attribute.name, attribute);
      }
    }
    return { ...text, inputs, outputs, attributes };
  }

  #attribute(reader: ProtobufReader): OnnxAttribute {
    const result = { name: '', int: 0, float: 0, string: '' };
    const ints: number[] = [];
    const floats: number[] = [];
    let tensor: OnnxTensor | undefined;
    let graph: OnnxGraph | undefined;
    for (const field of reader) {
      if (field.number === 1) result.name = field.text();
      if (field.number === 2) result.float = field.float();
      if (field.number === 3) result.int = toInt32(field.int());
      if (field.number === 4) result.string = field.text();
      if (field.number === 5) tensor = this.#tensor(field.message());
      if (field.number === 6) graph = this.graph(field.message());
      if (field.number === 7) append(floats, field.floats());
      if (field.number === 8) append(ints, field.ints().map(toInt32));
    }
    return { ...result, ints, floats, tensor, graph };
  }

  #tensor(reader: ProtobufReader): OnnxTensor {
    const dims: number[] = [];
    const floats: number[] = [];
    const ints: number[] = [];
    const doubles: number[] = [];
    const external = new Map<string, string>();
    let [name, type] = ['', 0];
    let bytes: Uint8Array | undefined;
    for (const field of reader) {
      if (field.number === 1) append(dims, field.ints());
      if (field.number === 2) type = field.int();
      if (field.number === 4) append(floats, field.floats());
      if (field.number === 5 || field.number === 7 || field.number === 11) append(ints, field.ints());
      if (field.number === 8) name = field.text();
      if (field.number === 9) bytes = field.bytes();
      if (field.number === 10) append(doubles, field.doubles());
      if (field.number === 13) external.set(...pair(field.message()));
    }
    const path = external.get('location');
    if (path !== undefined) {
      const { file, start, end } = this.#external(name, path, external);
      checkLength(name, type, dims, end - start);
      return {
        name,
        type,
        dims,
        byteLength: end - start,
        read: () => file.subarray(start, end),
        part: (from, to) => file.subarray(start + from, start + to),
      };
    }
    const own = bytes ?? typed(type, floats, ints, doubles);
    checkLength(name, type, dims, own.byteLength);
    return {
      name,
      type,
      dims,
      byteLength: own.byteLength,
      read: () => own,
      part: (from, to) => own.subarray(from, to),
    };
  }

  #external(name: string, path: string, at: ReadonlyMap<string, string>) {
    const file = this.#externalData.get(path);
    if (!file) throw new Unsupported(`the weights of ${name} are in ${path}, which is not there`);
    const offset = Number(at.get('offset') ?? 0);
    const length = Number(at.get('length') ?? file.byteLength - offset);
    if (!(offset >= 0 && length >= 0 && offset + length <= file.byteLength)) {
      throw new Unsupported(`the weights of ${name} reach over the end of ${path}`);
    }
    return { file, start: offset, end: offset + length };
  }
}

/** One by one: a weight has more elements than a call may have arguments. */
function append(list: number[], more: readonly number[]): void {
  for (const each of more) list.push(each);
}

function pair(reader: ProtobufReader): [key: string, value: string] {
  const result: [string, string] = ['', ''];
  for (const field of reader) {
    if (field.number === 1 || field.number === 2) result[field.number - 1] = field.text();
  }
  return result;
}

export function readValue(reader: ProtobufReader): OnnxValue {
  let name = '';
  let type = 0;
  let dims: readonly (number | string)[] = [];
  for (const field of reader) {
    if (field.number === 1) name = field.text();
    if (field.number !== 2) continue;
    for (const kind of field.message()) {
      if (kind.number !== 1) continue;
      for (const part of kind.message()) {
        if (part.number === 1) type = part.int();
        if (part.number === 2) dims = readDims(part.message());
      }
    }
  }
  // A size without a name is a size of its own.
  return { name, type, dims: dims.map((dim, i) => (dim === '' ? `${name}.${i}` : dim)) };
}

function readDims(reader: ProtobufReader): (number | string)[] {
  const dims: (number | string)[] = [];
  for (const field of reader) {
    if (field.number !== 1) continue;
    let dim: number | string = '';
    for (const part of field.message()) {
      if (part.number === 1) dim = part.int();
      if (part.number === 2) dim = part.text();
    }
    dims.push(dim);
  }
  return dims;
}
