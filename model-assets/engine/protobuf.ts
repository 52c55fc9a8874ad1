// The wire format of protocol buffers, field by field, without a schema.

import { Unsupported } from './unsupported.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const utf8 = new TextDecoder();

export class ProtobufField {
  readonly number: number;
  readonly #kind: number;
  readonly #value: number;
  readonly #bytes: Uint8Array;

  constructor(number: number, kind: number, value: number, bytes: Uint8Array) {
    this.number = number;
    this.#kind = kind;
    this.#value = value;
    this.#bytes = bytes;
  }

  /** 64-bit integers outside what a double holds exactly become the nearest double. */
  int(): number {
    return this.#value;
  }

  float(): number {
    return view(this.#bytes).getFloat32(0, true);
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  text(): string {
    return utf8.decode(this.#bytes);
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.#bytes);
  }

  /** Of a repeated field, packed or not. */
  ints(): readonly number[] {
    if (this.#kind === VARINT) return [this.#value];
    const reader = new ProtobufReader(this.#bytes);
    const result: number[] = [];
    while (!reader.isAtEnd) result.push(reader.varint());
    return result;
  }

  floats(): readonly number[] {
    const data = view(this.#bytes);
    return Array.from({ length: this.#bytes.byteLength >> 2 }, (_, i) => data.getFloat32(4 * i, true));
  }

  doubles(): readonly number[] {
    const data = view(this.#bytes);
    return Array.from({ length: this.#bytes.byteLength >> 3 }, (_, i) => data.getFloat64(8 * i, true));
  }
}

export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  *[Symbol.iterator](): Generator<ProtobufField> {
    while (!this.isAtEnd) {
      const tag = this.varint();
      const kind = tag & 7;
      const value = kind === VARINT ? this.varint() : 0;
      yield new ProtobufField(Math.floor(tag / 8), kind, value, this.#take(this.#lengthOf(kind)));
    }
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw new Unsupported('this is no ONNX file: it ends within a number, or has one that is too long');
  }

  #lengthOf(kind: number): number {
    if (kind === VARINT) return 0;
    if (kind === FIXED64) return 8;
    if (kind === FIXED32) return 4;
    if (kind === BYTES) return this.varint();
    throw new Unsupported(`this is no ONNX file: it has a field of kind ${kind}`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (!(length >= 0 && end <= this.#bytes.byteLength)) throw new Unsupported('this ONNX file is cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
