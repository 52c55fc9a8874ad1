// Loads a program file into an instance of the engine as its bytes come: the weights are copied once, to where they are used.

import { ServiceError } from '../../errors.ts';
import { createSerial } from '../serial.ts';
import type { Session } from '../session.ts';
import { checkProgram } from './check-program.ts';
import { DamagedProgram } from './damaged-program.ts';
import { EngineSession } from './engine-session.ts';
import { EngineInstance, type InstanceOptions } from './instance.ts';
import type { Program, ProgramFunction } from './program.ts';
import { HEADER_BYTES } from './program-format.ts';
import { type ProgramHeader, readHeader, readProgram } from './read-program.ts';
import { tryPlan } from './trial-plan.ts';

export interface Loaded {
  readonly instance: EngineInstance;
  /** A session for each graph of the model, by its name. */
  readonly sessions: Readonly<Record<string, Session>>;
}

/**
 * `chunks`: the file's `fileBytes` bytes; each chunk is read before the next is asked for. Throws `model_unavailable` where the file is no
 * program of this version, or one that could never be run within `most`, `overloaded` where there is no memory.
 */
export async function loadEngine(
  module: WebAssembly.Module,
  chunks: AsyncIterable<Uint8Array>,
  fileBytes: number,
  options: InstanceOptions = {},
): Promise<Loaded> {
  const loader = new Loader(module, fileBytes, options);
  for await (const chunk of chunks) loader.push(chunk);
  return loader.finish();
}

class Loader {
  readonly #module: WebAssembly.Module;
  readonly #fileBytes: number;
  readonly #options: InstanceOptions;
  /** Header and program, until they are there. */
  #front = new Uint8Array(HEADER_BYTES);
  #frontLength = 0;
  #header: ProgramHeader | undefined;
  #program: Program | undefined;
  #instance: EngineInstance | undefined;
  #loaded = 0;

  constructor(module: WebAssembly.Module, fileBytes: number, options: InstanceOptions) {
    this.#module = module;
    this.#fileBytes = fileBytes;
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (!this.#instance && rest.byteLength > 0) {
      const part = rest.subarray(0, this.#front.byteLength - this.#frontLength);
      this.#front.set(part, this.#frontLength);
      this.#frontLength += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#frontLength === this.#front.byteLength) this.#readFront();
    }
    if (!this.#instance || rest.byteLength === 0) return;
    const { at, bytes } = this.#instance.image;
    if (this.#loaded + rest.byteLength > bytes) throw new DamagedProgram('it is longer than its header says');
    this.#instance.memory.set(rest, at + this.#loaded);
    this.#loaded += rest.byteLength;
  }

  finish(): Loaded {
    const [instance, program] = [this.#instance, this.#program];
    if (!instance || !program || this.#loaded < instance.image.bytes) throw new DamagedProgram('it is cut short');
    const serial = createSerial();
    const ways = Map.groupBy(program.functions, ({ graph }) => graph);
    const sessions = Array.from(ways, ([graph, codes]) => {
      return [graph, new EngineSession(instance, codes, 1 / ways.size, serial)] as const;
    });
    return { instance, sessions: Object.fromEntries(sessions) };
  }

  #readFront(): void {
    if (!this.#header) {
      this.#header = readHeader(this.#front, this.#fileBytes);
      this.#front = new Uint8Array(this.#header.programBytes);
      this.#frontLength = 0;
      if (this.#header.programBytes > 0) return;
    }
    this.#program = readProgram(this.#header, this.#front);
    checkProgram(this.#program);
    this.#demandRoom(this.#header.imageBytes);
    const { imageBytes, keepsToPairs } = this.#header;
    this.#instance = new EngineInstance(this.#module, imageBytes, { ...this.#options, keepsToPairs });
    for (const code of this.#program.functions) this.#try(code, this.#instance);
  }

  /** A program that cannot be run with the fewest tokens is not opened. */
  #try(code: ProgramFunction, { image, mode }: EngineInstance): void {
    this.#demandRoom(image.at + image.bytes + (tryPlan(code, image.bytes, mode) ?? 0));
  }

  #demandRoom(bytes: number): void {
    const { most = bytes } = this.#options;
    if (bytes <= most) return;
    throw new ServiceError(
      'model_unavailable',
      `it needs ${mebibytes(bytes)} of memory for the shortest input; it may have ${mebibytes(most)}`,
    );
  }
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
