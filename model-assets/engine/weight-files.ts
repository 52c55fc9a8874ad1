// The files in which an ONNX graph keeps weights outside itself, read without the weights.

import { ProtobufReader } from './protobuf.ts';

/** Paths by which the graph names them, relative to its own folder. Throws on what is no ONNX file. */
export function weightFilesOf(onnx: Uint8Array): string[] {
  const paths = new Set<string>();
  for (const field of new ProtobufReader(onnx)) if (field.number === 7) inGraph(field.message(), paths);
  return [...paths].sort();
}

function inGraph(graph: ProtobufReader, paths: Set<string>): void {
  for (const field of graph) {
    if (field.number === 1) inNode(field.message(), paths);
    if (field.number === 5) inTensor(field.message(), paths);
  }
}

/** Constants and the ways of an If are attributes. */
function inNode(node: ProtobufReader, paths: Set<string>): void {
  for (const field of node) {
    if (field.number !== 5) continue;
    for (const part of field.message()) {
      if (part.number === 5) inTensor(part.message(), paths);
      if (part.number === 6) inGraph(part.message(), paths);
    }
  }
}

function inTensor(tensor: ProtobufReader, paths: Set<string>): void {
  for (const field of tensor) {
    if (field.number !== 13) continue;
    const entry = [...field.message()];
    const text = (number: number) => entry.find((each) => each.number === number)?.text();
    const location = text(1) === 'location' ? text(2) : undefined;
    if (location !== undefined) paths.add(location);
  }
}
