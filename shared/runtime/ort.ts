// `Session` over onnxruntime-web's WASM provider: the engine that runs any ONNX graph.

import { ServiceError } from '../errors.ts';
import { checkNames } from './check-names.ts';
import { withKeptLogits } from './kept-rows.ts';
import { dropOrt, fail, isCurrent, type OrtModule, ort, ortHeapBytes, pointerAt } from './ort-module.ts';
import { BOOL, OrtValue, toOrtValue } from './ort-value.ts';
import { createSerial } from './serial.ts';
import type { Feeds, Fetches, Held, HeldFeeds, RowWindow, Session } from './session.ts';

export { ortHeapBytes } from './ort-module.ts';

export const hasOnnxruntime: boolean = true;

export interface OnnxFiles {
  /** The `.onnx` file. */
  readonly graph: Uint8Array;
  /** Weights outside it, each under the path by which the graph names it. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

// One WASM instance behind every session: opening, running and closing take turns in it.
const serial = createSerial();
/** How many sessions are open in each. */
const open = new WeakMap<OrtModule, number>();

/** A session that ends with all others, when the instance behind them fails. */
export interface FallibleSession extends Session {
  readonly isBroken: boolean;
}

/** Opens an ONNX graph. The caller's bytes are copied into WASM memory and can be dropped afterwards. */
export function openOrtSession(files: OnnxFiles): Promise<FallibleSession> {
  return serial(async () => {
    const before = ortHeapBytes();
    const module = await ort();
    try {
      const handle = await sound(module, () => createSession(module, files));
      // What others have freed is used again before the heap grows, so growth alone would say too little.
      const session = new OrtSession(module, handle, Math.max(ortHeapBytes() - before, sizeOf(files)));
      open.set(module, (open.get(module) ?? 0) + 1);
      return session;
    } catch (error) {
      dropUnused(module);
      throw error;
    }
  });
}

/** The heap of an instance never shrinks: with the last session it goes as a whole. */
function dropUnused(module: OrtModule): void {
  if ((open.get(module) ?? 0) === 0) dropOrt(module);
}

/** What `work` gives. A trap leaves the instance in any state: it is dropped, and the next session starts another. */
async function sound<T>(module: OrtModule, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) dropOrt(module);
    throw error;
  }
}

/** What a session keeps at least: the weights, which are copied. */
function sizeOf({ graph, externalData = [] }: OnnxFiles): number {
  return externalData.reduce((sum, { data }) => sum + data.byteLength, graph.byteLength);
}

async function createSession(module: OrtModule, { graph, externalData = [] }: OnnxFiles): Promise<number> {
  // One request after the other, of any length: an arena, and patterns of memory, would keep that of the longest for ever.
  const options = module._OrtCreateSessionOptions(99, false, false, 0, false, 0, 0, 2, 0, 0);
  const model = module._malloc(graph.byteLength);
  try {
    if (!options) fail(module, 'the options of a session cannot be made');
    if (!model) throw new Error(`onnxruntime has no room for a graph of ${graph.byteLength} bytes`);
    module.HEAPU8.set(graph, model);
    for (const { path, data } of externalData) module.mountExternalData(path, data);
    const session = await module._OrtCreateSession(model, graph.byteLength, options);
    return session || fail(module, 'the graph cannot be opened');
  } finally {
    module._free(model);
    if (options) module._OrtReleaseSessionOptions(options);
    module.unmountExternalData();
  }
}

/** An input or an output of a graph. */
interface Slot {
  readonly name: string;
  /** The name as onnxruntime wants it. */
  readonly at: number;
  readonly type: number;
  /** Null where a run may have any. */
  readonly shape: readonly (number | null)[];
}

class OrtSession implements FallibleSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly bytes: number;
  readonly skipsLogits = false;
  readonly #module: OrtModule;
  readonly #handle: number;
  readonly #inputs: ReadonlyMap<string, Slot>;
  readonly #outputs: ReadonlyMap<string, Slot>;

  constructor(module: OrtModule, handle: number, bytes: number) {
    const { inputs, outputs } = readSlots(module, handle);
    this.#module = module;
    this.#handle = handle;
    this.#inputs = new Map(inputs.map((slot) => [slot.name, slot]));
    this.#outputs = new Map(outputs.map((slot) => [slot.name, slot]));
    this.inputs = [...this.#inputs.keys()];
    this.outputs = [...this.#outputs.keys()];
    this.shapes = Object.fromEntries(inputs.map(({ name, shape }) => [name, shape]));
    this.bytes = bytes;
  }

  get isBroken(): boolean {
    return !isCurrent(this.#module);
  }

  async run(feeds: Feeds, outputs: readonly string[] = this.outputs, logitsToKeep?: RowWindow): Promise<Fetches> {
    return (await this.runHeld(feeds, outputs, [], logitsToKeep)).fetched;
  }

  runHeld(
    feeds: HeldFeeds,
    outputs: readonly string[],
    holding: readonly string[],
    logitsToKeep?: RowWindow,
  ): Promise<{ readonly fetched: Fetches; readonly held: Readonly<Record<string, Held>> }> {
    return serial(async () => {
      const { fetched, held } = await sound(this.#module, () => this.#runHeld(feeds, outputs, holding));
      return { fetched: withKeptLogits(fetched, logitsToKeep), held };
    });
  }

  async #runHeld(
    feeds: HeldFeeds,
    outputs: readonly string[],
    holding: readonly string[],
  ): Promise<{ readonly fetched: Fetches; readonly held: Readonly<Record<string, Held>> }> {
    checkNames(feeds, this.inputs, [...outputs, ...holding], this.outputs);
    if (this.isBroken) throw new ServiceError('model_unavailable', 'onnxruntime has failed before');
    const made: OrtValue[] = [];
    try {
      const fed = Object.entries(feeds).map(([name, tensor]) => {
        if (tensor instanceof OrtValue) return { name, value: tensor };
        if (!('data' in tensor)) throw new ServiceError('internal', `${name} is held by another engine`);
        const value = toOrtValue(this.#module, tensor, this.#inputs.get(name)?.type === BOOL);
        made.push(value);
        return { name, value };
      });
      const values = await this.#call(fed, [...outputs, ...holding]);
      made.push(...values.slice(0, outputs.length));
      const held = Object.fromEntries(holding.map((name, i) => [name, values[outputs.length + i] as OrtValue]));
      try {
        const fetched = outputs.map((name, i) => [name, values[i]?.read(name)] as const);
        return { fetched: Object.fromEntries(fetched) as Fetches, held };
      } catch (error) {
        for (const value of Object.values(held)) value.release();
        throw error;
      }
    } finally {
      for (const value of made) value.release();
    }
  }

  async #call(
    fed: readonly { readonly name: string; readonly value: OrtValue }[],
    outputs: readonly string[],
  ): Promise<readonly OrtValue[]> {
    const module = this.#module;
    const stack = module.stackSave();
    const list = (pointers: readonly number[]) => {
      const at = module.stackAlloc(4 * pointers.length);
      module.HEAP32.set(pointers, at >> 2);
      return at;
    };
    try {
      const results = list(outputs.map(() => 0));
      const code = await module._OrtRun(
        this.#handle,
        list(fed.map(({ name }) => this.#inputs.get(name)?.at ?? 0)),
        list(fed.map(({ value }) => value.handle)),
        fed.length,
        list(outputs.map((name) => this.#outputs.get(name)?.at ?? 0)),
        outputs.length,
        results,
        0,
      );
      if (code !== 0) fail(module, 'the graph cannot be run');
      return outputs.map((_, i) => new OrtValue(module, pointerAt(module, results + 4 * i)));
    } finally {
      module.stackRestore(stack);
    }
  }

  close(): Promise<void> {
    return serial(async () => {
      if (this.isBroken) return;
      open.set(this.#module, (open.get(this.#module) ?? 1) - 1);
      if (open.get(this.#module) === 0) return dropOrt(this.#module);
      for (const { at } of [...this.#inputs.values(), ...this.#outputs.values()]) this.#module._OrtFree(at);
      this.#module._OrtReleaseSession(this.#handle);
    });
  }
}

function readSlots(module: OrtModule, session: number): { inputs: readonly Slot[]; outputs: readonly Slot[] } {
  const stack = module.stackSave();
  const at = module.stackAlloc(8);
  if (module._OrtGetInputOutputCount(session, at, at + 4) !== 0) fail(module, 'the graph does not tell its inputs');
  const [inputs, outputs] = [pointerAt(module, at), pointerAt(module, at + 4)];
  const slots = Array.from({ length: inputs + outputs }, (_, index): Slot => {
    if (module._OrtGetInputOutputMetadata(session, index, at, at + 4) !== 0)
      fail(module, 'the graph does not tell a name');
    const [name, metadata] = [pointerAt(module, at), pointerAt(module, at + 4)];
    // Type, rank, then a name for each dimension, or none, then a size for each.
    const [type, rank] = [pointerAt(module, metadata), pointerAt(module, metadata + 4)];
    const shape = Array.from({ length: rank }, (_, i) => {
      const hasName = pointerAt(module, metadata + 8 + 4 * i) !== 0;
      const size = pointerAt(module, metadata + 8 + 4 * (rank + i)) | 0;
      return hasName || size < 0 ? null : size;
    });
    module._OrtFree(metadata);
    return { name: module.UTF8ToString(name), at: name, type, shape };
  });
  module.stackRestore(stack);
  return { inputs: slots.slice(0, inputs), outputs: slots.slice(inputs) };
}
