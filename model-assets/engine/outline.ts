// An ONNX file without its weights: they stay where they are, as if the graph kept them outside, in the file itself. So a model of any
// size is compiled in the memory of its largest weight.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Unsupported } from './unsupported.ts';

/** What a graph keeps weights in. An array is one. */
export interface WeightFile {
  readonly byteLength: number;
  subarray(start: number, end: number): Uint8Array;
}

/** Where weights lie that stand in the graph's own file. */
export const OWN_FILE = '';

/** Weights that are worth leaving. */
const LARGE = 4096;
const BYTES = 2;

/** A file of which parts are read when they are asked for. */
export class FileOnDisk implements WeightFile {
  readonly #path: string;
  readonly byteLength: number;

  constructor(path: string) {
    this.#path = path;
    this.byteLength = statSync(path).size;
  }

  subarray(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - start);
    const file = openSync(this.#path, 'r');
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const read = readSync(file, bytes, done, bytes.byteLength - done, start + done);
        if (read === 0) throw new Error(`${this.#path} was cut while it was read`);
        done += read;
      }
    } finally {
      closeSync(file);
    }
    return bytes;
  }
}

/** The graph as an ONNX file of its own, whose large weights are in OWN_FILE. Throws on what is no ONNX file. */
export function outlineOf(file: WeightFile): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(new Window(file), 0, file.byteLength)) {
    parts.push(field.number === 7 && field.kind === BYTES ? asField(7, graphOf(file, field)) : wholeOf(file, field));
  }
  return joined(parts);
}

function graphOf(file: WeightFile, { start, end }: Field): Uint8Array {
  const parts = Array.from(fieldsOf(new Window(file), start, end), (field) =>
    field.number === 5 && field.end - field.start > LARGE ? asField(5, tensorOf(file, field)) : wholeOf(file, field),
  );
  return joined(parts);
}

function tensorOf(file: WeightFile, { start, end }: Field): Uint8Array {
  const parts = Array.from(fieldsOf(new Window(file), start, end), (field) => {
    const length = field.end - field.start;
    if (field.number !== 9 || length <= LARGE) return wholeOf(file, field);
    const entries = [
      ['location', OWN_FILE],
      ['offset', String(field.start)],
      ['length', String(length)],
    ] as const;
    return joined(entries.map(([key, value]) => asField(13, joined([asField(1, utf8(key)), asField(2, utf8(value))]))));
  });
  return joined(parts);
}

interface Field {
  readonly number: number;
  readonly kind: number;
  /** Of the field with its tag. */
  readonly at: number;
  /** Of what is in it. */
  readonly start: number;
  readonly end: number;
}

function* fieldsOf(window: Window, from: number, to: number): Generator<Field> {
  for (let at = from; at < to; ) {
    const tag = window.varint(at);
    const kind = tag.value % 8;
    const field = { number: Math.floor(tag.value / 8), kind, at };
    if (kind === 0) {
      const { next } = window.varint(tag.next);
      yield { ...field, start: tag.next, end: next };
      at = next;
      continue;
    }
    const length = kind === BYTES ? window.varint(tag.next) : { value: kind === 1 ? 8 : 4, next: tag.next };
    if (kind !== BYTES && kind !== 1 && kind !== 5) {
      throw new Unsupported(`this is no ONNX file: it has a field of kind ${kind}`);
    }
    const end = length.next + length.value;
    if (end > to) throw new Unsupported('this ONNX file is cut short');
    yield { ...field, start: length.next, end };
    at = end;
  }
}

/** Reads numbers anywhere in a file, a few kilobytes at a time. */
class Window {
  readonly #file: WeightFile;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array();

  constructor(file: WeightFile) {
    this.#file = file;
  }

  varint(at: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte(at + i);
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return { value, next: at + i + 1 };
    }
    throw new Unsupported('this is no ONNX file: it has a number that is too long');
  }

  #byte(at: number): number {
    if (at >= this.#file.byteLength) throw new Unsupported('this is no ONNX file: it ends within a number');
    if (at < this.#start || at >= this.#start + this.#bytes.byteLength) {
      this.#start = at;
      this.#bytes = this.#file.subarray(at, Math.min(at + LARGE, this.#file.byteLength));
    }
    return this.#bytes[at - this.#start] ?? 0;
  }
}

const wholeOf = (file: WeightFile, { at, end }: Field) => file.subarray(at, end);
const utf8 = (text: string) => new TextEncoder().encode(text);

function asField(number: number, content: Uint8Array): Uint8Array {
  return joined([toVarint(number * 8 + BYTES), toVarint(content.byteLength), content]);
}

function toVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
