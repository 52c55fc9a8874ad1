// What an ONNX graph takes and gives, which operators it is made of, and in which files it keeps weights outside: all without the weights.

import { type OnnxValue, readValue } from './onnx-file.ts';
import { OWN_FILE } from './outline.ts';
import { ProtobufReader } from './protobuf.ts';

export interface Signature {
  /** Without those that have a default in the file. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** As `domain.Operator`, the domain of ONNX itself left out. */
  readonly operators: ReadonlySet<string>;
  /** Paths by which the graph names them, relative to its own folder. */
  readonly weightFiles: readonly string[];
}

/** Throws on what is no ONNX file. */
export function readSignature(onnx: Uint8Array): Signature {
  const reader = new SignatureReader();
  for (const field of new ProtobufReader(onnx)) if (field.number === 7) reader.graph(field.message(), true);
  return reader.signature();
}

class SignatureReader {
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #weights = new Set<string>();
  readonly #operators = new Set<string>();
  readonly #files = new Set<string>();

  signature(): Signature {
    return {
      inputs: this.#inputs.filter(({ name }) => !this.#weights.has(name)),
      outputs: this.#outputs,
      operators: this.#operators,
      weightFiles: [...this.#files].sort(),
    };
  }

  graph(graph: ProtobufReader, isOuter: boolean): void {
    for (const field of graph) {
      if (field.number === 1) this.#node(field.message());
      if (field.number === 5) this.#tensor(field.message(), isOuter);
      if (field.number === 11 && isOuter) this.#inputs.push(readValue(field.message()));
      if (field.number === 12 && isOuter) this.#outputs.push(readValue(field.message()));
    }
  }

  /** Constants and the ways of an If are attributes. */
  #node(node: ProtobufReader): void {
    let [operator, domain] = ['', ''];
    for (const field of node) {
      if (field.number === 4) operator = field.text();
      if (field.number === 7) domain = field.text();
      if (field.number !== 5) continue;
      for (const part of field.message()) {
        if (part.number === 5) this.#tensor(part.message(), false);
        if (part.number === 6) this.graph(part.message(), false);
      }
    }
    this.#operators.add(domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`);
  }

  #tensor(tensor: ProtobufReader, isWeight: boolean): void {
    for (const field of tensor) {
      if (field.number === 8 && isWeight) this.#weights.add(field.text());
      if (field.number !== 13) continue;
      const entry = [...field.message()];
      const text = (number: number) => entry.find((each) => each.number === number)?.text();
      const location = text(1) === 'location' ? text(2) : undefined;
      if (location !== undefined && location !== OWN_FILE) this.#files.add(location);
    }
  }
}
