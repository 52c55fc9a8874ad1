// A plan: the commands of one run, and a place in memory for everything that it works on. Buffers share places as their lives allow; a
// buffer lives from the step that first writes it to the last that reads it.

import { ServiceError } from '../../errors.ts';
import { END, FILL } from './command-format.ts';
import { toCommands } from './commands.ts';
import { align, FreeList } from './free-list.ts';
import { damagedStep, type Placed } from './placed.ts';
import { type ProgramFunction, STEP_COPY } from './program.ts';
import { toOrder } from './step-order.ts';

export interface PlanRequest {
  readonly code: ProgramFunction;
  /** Of the run: the values of `code.sizes`. */
  readonly sizes: readonly number[];
  /** Numbers of the outputs that are wanted. */
  readonly outputs: readonly number[];
  /** Where weights are, and how many bytes. */
  readonly image: { readonly at: number; readonly bytes: number };
  /** Addresses of buffers that outlive the run, by their number: held inputs, and outputs that will be held. */
  readonly held: ReadonlyMap<number, number>;
  /** Caches, by their buffers' numbers, that go on where their input is: what was there is not copied. */
  readonly inPlace: ReadonlySet<number>;
  /** Buffers of which one row stands for all, and the row's elements. */
  readonly oneRows: ReadonlyMap<number, number>;
  readonly mode: number;
}

export interface Plan {
  readonly commands: Int32Array;
  readonly workBytes: number;
  /** Where buffers are that are not held. */
  readonly places: ReadonlyMap<number, number>;
}

/** No tensor, and no run, has more bytes: addresses are of 32 bits. */
const MOST_BYTES = 2 ** 31;

/** Makes a plan whose work begins at `start`. Throws `model_unavailable` for a program that lies, `too_large` for one without room. */
export function toPlan(request: PlanRequest, start: number): Plan {
  return new Planner(request, start).run();
}

/** Bytes of a buffer in this run. */
export function bufferBytes(code: ProgramFunction, buffer: number, sizes: readonly number[]): number {
  const length = sizes[code.buffers[buffer]?.length ?? -1] ?? -1;
  if (!(length >= 0 && 4 * length < MOST_BYTES)) {
    throw new ServiceError(
      'too_large',
      `a tensor of this input has ${length} elements, which is more than memory holds; send less`,
    );
  }
  return 4 * length;
}

class Planner {
  readonly #request: PlanRequest;
  readonly #code: ProgramFunction;
  readonly #sizes: readonly number[];
  readonly #work: FreeList;
  readonly #start: number;
  readonly #places = new Map<number, number>();
  readonly #words: number[] = [];
  readonly #scratch: number[] = [];

  constructor(request: PlanRequest, start: number) {
    this.#request = request;
    this.#code = request.code;
    this.#sizes = request.sizes;
    this.#work = new FreeList(start);
    this.#start = align(start);
  }

  run(): Plan {
    const { steps, lastUse } = toOrder(this.#code, this.#request.outputs);
    this.#code.buffers.forEach(({ place }, buffer) => {
      if (place.kind === 'input') this.#give(buffer);
    });
    for (const { index, step, buffers } of steps) {
      for (const buffer of buffers) this.#give(buffer);
      if (!this.#isEmpty(step.views[0]) && !this.#isDone(index)) {
        this.#words.push(
          ...toCommands(step, {
            view: (i) => this.#view(i),
            image: (at, bytes) => this.#image(at, bytes),
            scratch: (bytes) => this.#takeScratch(bytes),
            mode: this.#request.mode,
          }),
        );
      }
      for (const at of this.#scratch.splice(0)) this.#work.give(at);
      for (const buffer of buffers) if (lastUse.get(buffer) === index) this.#end(buffer);
      if (this.#work.end > MOST_BYTES)
        throw new ServiceError('too_large', 'this input needs more memory than there is; send less');
    }
    this.#words.push(END, 2);
    return {
      commands: Int32Array.from(this.#words),
      workBytes: this.#work.end - this.#start,
      places: this.#places,
    };
  }

  #bufferOf(view: number | undefined): number | undefined {
    return view === undefined ? undefined : this.#code.views[view]?.buffer;
  }

  /** A place for a buffer, if it has none. */
  #give(buffer: number): void {
    if (this.#places.has(buffer) || this.#request.held.has(buffer)) return;
    const entry = this.#code.buffers[buffer];
    if (!entry || entry.place.kind === 'image') return;
    const bytes = bufferBytes(this.#code, buffer, this.#sizes);
    if (entry.place.kind === 'sizes' && 4 * entry.place.values.length > bytes) {
      throw damagedStep('a tensor is shorter than what it holds');
    }
    const at = this.#work.take(bytes);
    this.#places.set(buffer, at);
    if (entry.place.kind !== 'sizes') return;
    entry.place.values.forEach((size, i) => {
      this.#words.push(FILL, 5, at + 4 * i, 1, bits(this.#sizes[size] ?? 0, entry.isFloat));
    });
  }

  #end(buffer: number): void {
    const at = this.#places.get(buffer);
    if (at !== undefined) this.#work.give(at);
  }

  /** A copy of what a cache held before is nothing to do where it stays. */
  #isDone(index: number): boolean {
    const step = this.#code.steps[index];
    const [out, from] = step?.views ?? [];
    const cache = this.#bufferOf(out);
    if (step?.kind !== STEP_COPY || cache === undefined || !this.#request.inPlace.has(cache)) return false;
    const place = this.#code.buffers[cache]?.place;
    const source = this.#code.buffers[this.#bufferOf(from) ?? -1]?.place;
    return place?.kind === 'cache' && source?.kind === 'input' && source.input === place.input;
  }

  #isEmpty(view: number | undefined): boolean {
    const { dims = [] } = this.#code.views[view ?? -1] ?? {};
    return dims.some((size) => this.#sizes[size] === 0);
  }

  #view(index: number): Placed {
    const view = this.#code.views[index];
    const entry = view && this.#code.buffers[view.buffer];
    if (!view || !entry) throw damagedStep('a step lacks a view');
    const numbers = (sizes: readonly number[]) => sizes.map((size) => this.#sizes[size] ?? 0);
    const row = this.#request.oneRows.get(view.buffer);
    const dims = numbers(view.dims);
    const strides = numbers(view.strides).map((stride) => (stride === row ? 0 : stride));
    const offset = this.#sizes[view.offset] ?? 0;
    const bytes = bufferBytes(this.#code, view.buffer, this.#sizes);
    checkReach(offset, dims, strides, row ?? bytes / 4);
    const base =
      entry.place.kind === 'image'
        ? this.#image(entry.place.at, bytes)
        : (this.#request.held.get(view.buffer) ?? this.#places.get(view.buffer));
    if (base === undefined) throw damagedStep('a tensor is read before it is written');
    return { at: base + 4 * offset, dims, strides, isFloat: entry.isFloat };
  }

  #image(at: number, bytes: number): number {
    const { image } = this.#request;
    if (at < 0 || at + bytes > image.bytes) throw damagedStep('weights lie outside the image');
    return image.at + at;
  }

  #takeScratch(bytes: number): number {
    const at = this.#work.take(bytes);
    this.#scratch.push(at);
    return at;
  }
}

/** `length`: elements that are there. */
function checkReach(offset: number, dims: readonly number[], strides: readonly number[], length: number): void {
  if (dims.some((size) => size < 0)) {
    throw new ServiceError(
      'invalid_input',
      'the graph cannot be run with tensors of these sizes: one of its own would have less than no elements',
    );
  }
  if (dims.includes(0)) return;
  const reach = dims.map((size, i) => (size - 1) * (strides[i] ?? 0));
  const least = reach.reduce((sum, each) => sum + Math.min(0, each), offset);
  const most = reach.reduce((sum, each) => sum + Math.max(0, each), offset);
  if (least < 0 || most >= length) {
    throw new ServiceError(
      'invalid_input',
      `the graph cannot be run with tensors of these sizes: it reaches for element ${most} of ${length}`,
    );
  }
}

const word = new DataView(new ArrayBuffer(4));

function bits(value: number, isFloat: boolean): number {
  if (!isFloat) return value | 0;
  word.setFloat32(0, value, true);
  return word.getInt32(0, true);
}
