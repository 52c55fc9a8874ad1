// One run of a graph: its sizes, a plan and room for it, what is fed written where the run reads it, and what comes out of it.

import { ServiceError } from '../../errors.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import type { Fetches, Held, HeldFeeds, RowWindow } from '../session.ts';
import { roomFor } from './cache-room.ts';
import { checkRooms, elementsOf } from './check-rooms.ts';
import { checkShapes } from './check-shapes.ts';
import { tensorBytes, toInt32, toTensorData, withoutRoom } from './elements.ts';
import { EngineHeld } from './held.ts';
import type { EngineInstance } from './instance.ts';
import { oneRows } from './one-row.ts';
import { damagedStep } from './placed.ts';
import { bufferBytes, type Plan, type PlanRequest, toPlan } from './plan.ts';
import type { ProgramFunction } from './program.ts';
import { evaluateSizes, type Shapes } from './sizes.ts';
import { planned } from './trial-plan.ts';

/** Where the work of each graph's last run began. */
const lastStarts = new WeakMap<ProgramFunction, number>();

export class Run {
  readonly #instance: EngineInstance;
  readonly #code: ProgramFunction;
  readonly #feeds: HeldFeeds;
  readonly #dims: readonly (readonly number[])[];
  readonly #kept: RowWindow | undefined;
  readonly #beside: number;

  /**
   * `kept`: rows of the logits that are computed, where the program can leave others out. `beside`: bytes of JavaScript's heap that are to
   * hold what it answers, further than its own outputs.
   */
  constructor(
    instance: EngineInstance,
    code: ProgramFunction,
    feeds: HeldFeeds,
    { kept, beside = 0 }: { readonly kept?: RowWindow | undefined; readonly beside?: number },
  ) {
    this.#instance = instance;
    this.#kept = kept;
    this.#beside = beside;
    this.#code = code;
    this.#feeds = feeds;
    this.#dims = code.inputs.map(({ name }) => feeds[name]?.dims ?? []);
  }

  run(fetching: readonly string[], holding: readonly string[]): { fetched: Fetches; held: Record<string, Held> } {
    checkShapes(this.#code, this.#feeds);
    const numbers = [...fetching, ...holding].map((name) =>
      this.#code.outputs.findIndex((output) => output.name === name),
    );
    const { shapes, grown } = this.#shapesOf(numbers.slice(fetching.length));
    const sizes = evaluateSizes(this.#code.sizes, shapes);
    const elements = (input: number) => elementsOf(this.#feeds[this.#code.inputs[input]?.name ?? '']);
    planned(this.#code, this.#feeds, this.#instance, () => {
      checkRooms(this.#code, sizes, shapes, elements, numbers, grown);
    });
    const held = new Map<string, EngineHeld>();
    try {
      for (const [i, name] of holding.entries()) {
        held.set(name, this.#hold(numbers[fetching.length + i] ?? -1, sizes, shapes.capacity, grown));
      }
      const fetched = this.#execute(sizes, numbers, held, grown, fetching);
      return { fetched, held: Object.fromEntries(held) };
    } catch (error) {
      for (const tensor of held.values()) tensor.release();
      throw error;
    }
  }

  #execute(
    sizes: readonly number[],
    numbers: readonly number[],
    held: ReadonlyMap<string, EngineHeld>,
    grown: ReadonlyMap<number, EngineHeld>,
    fetching: readonly string[],
  ): Fetches {
    const instance = this.#instance;
    const rows = oneRows(this.#code, this.#feeds, sizes);
    const addresses = new Map<number, number>();
    this.#code.buffers.forEach(({ place }, buffer) => {
      const tensor = place.kind === 'input' ? this.#feeds[this.#code.inputs[place.input]?.name ?? ''] : undefined;
      if (tensor instanceof EngineHeld) addresses.set(buffer, this.#own(tensor).at);
    });
    for (const { name, buffer } of this.#code.outputs) {
      const tensor = held.get(name);
      if (tensor) addresses.set(buffer, tensor.at);
    }
    const request: PlanRequest = {
      code: this.#code,
      sizes,
      outputs: numbers,
      image: instance.image,
      held: addresses,
      inPlace: new Set(grown.keys()),
      oneRows: rows,
      mode: instance.mode,
    };
    const copies = this.#beside + this.#bytesOf(numbers.slice(0, fetching.length), sizes);
    const { plan, start } = this.#place(request, copies);
    try {
      const at = start + plan.workBytes;
      this.#write(plan.places);
      instance.ints(at, plan.commands.length).set(plan.commands);
      instance.run(at);
      const entries = fetching.map(
        (name, i) => [name, this.#read(numbers[i] ?? -1, plan.places, held, sizes)] as const,
      );
      return Object.fromEntries(entries);
    } finally {
      instance.give(start);
    }
  }

  /** Of copies that outputs are answered with. */
  #bytesOf(outputs: readonly number[], sizes: readonly number[]): number {
    return outputs.reduce((sum, output) => {
      const { type = 0, dims = [] } = this.#code.outputs[output] ?? {};
      return sum + dims.reduce((product, size) => product * (sizes[size] ?? 0), tensorBytes(type));
    }, 0);
  }

  /**
   * A plan, and room for it and for the `copies` of what it gives. Where the last run's work was there mostly is room again: only where there
   * is not is it planned twice.
   */
  #place(request: PlanRequest, copies: number): { plan: Plan; start: number } {
    const guess = lastStarts.get(this.#code) ?? 0;
    const plan = planned(this.#code, this.#feeds, this.#instance, () => toPlan(request, guess));
    // How much room it needs is the same wherever it is.
    const start = this.#instance.take(plan.workBytes + plan.commands.byteLength + 64, copies);
    lastStarts.set(this.#code, start);
    if (start === guess) return { plan, start };
    try {
      return { plan: toPlan(request, start), start };
    } catch (error) {
      this.#instance.give(start);
      throw error;
    }
  }

  /** Sizes of the run, and the caches that can stay where they are. */
  #shapesOf(holding: readonly number[]): { shapes: Shapes; grown: ReadonlyMap<number, EngineHeld> } {
    const caches = this.#code.buffers.flatMap(({ place }, buffer) => {
      if (place.kind !== 'cache') return [];
      const past = this.#feeds[this.#code.inputs[place.input]?.name ?? ''];
      const output = this.#code.outputs.findIndex((each) => each.buffer === buffer);
      return [{ buffer, output, past }];
    });
    const [first] = caches;
    const shapes = { inputs: this.#dims, kept: this.#kept };
    if (!first) return { shapes: { ...shapes, capacity: 0, pastCapacity: 0 }, grown: new Map() };
    const capacityOf = (past: (typeof first)['past']) =>
      past instanceof EngineHeld ? past.capacity : (past?.dims[2] ?? 0);
    const pastCapacity = capacityOf(first.past);
    if (caches.some(({ past }) => capacityOf(past) !== pastCapacity)) {
      throw new ServiceError('invalid_input', 'keys and values of the past have different lengths');
    }
    // Tokens in the end, whatever room there is.
    const sizes = evaluateSizes(this.#code.sizes, { ...shapes, capacity: 0, pastCapacity });
    const tokens = Math.max(...caches.map(({ output }) => sizes[this.#code.outputs[output]?.dims[2] ?? -1] ?? 0));
    const isOurs = (past: (typeof first)['past']) => past instanceof EngineHeld && past.instance === this.#instance;
    const pasts = caches.flatMap(({ past, output, buffer }) =>
      isOurs(past) && holding.includes(output) ? [[buffer, past as EngineHeld] as const] : [],
    );
    const room = roomFor(tokens);
    if (pasts.length < caches.length) return { shapes: { ...shapes, capacity: room, pastCapacity }, grown: new Map() };
    const canStay = pasts.every(([, past]) => past.canGrow(tokens));
    // One after the other: side by side, old and new would need twice the room.
    if (!canStay) for (const [, past] of pasts) past.reserve(room);
    const capacity = canStay ? pastCapacity : room;
    return { shapes: { ...shapes, capacity, pastCapacity: capacity }, grown: new Map(pasts) };
  }

  #hold(
    output: number,
    sizes: readonly number[],
    capacity: number,
    grown: ReadonlyMap<number, EngineHeld>,
  ): EngineHeld {
    const { buffer = -1, dims = [] } = this.#code.outputs[output] ?? {};
    const numbers = dims.map((size) => sizes[size] ?? 0);
    const past = grown.get(buffer);
    if (past) return past.grown(numbers[2] ?? 0);
    const isCache = this.#code.buffers[buffer]?.place.kind === 'cache';
    return isCache ? EngineHeld.make(this.#instance, numbers, capacity) : EngineHeld.make(this.#instance, numbers);
  }

  #own(tensor: EngineHeld): EngineHeld {
    if (tensor.instance !== this.#instance) throw new ServiceError('internal', 'a tensor is held by another model');
    return tensor;
  }

  /** Puts what was fed where the run reads it. */
  #write(places: ReadonlyMap<number, number>): void {
    this.#code.buffers.forEach(({ place }, buffer) => {
      const at = places.get(buffer);
      if (place.kind !== 'input' || at === undefined) return;
      const tensor = this.#feeds[this.#code.inputs[place.input]?.name ?? ''];
      if (!tensor || !('data' in tensor)) throw new ServiceError('internal', 'a tensor is held by another engine');
      if (tensor.data instanceof Float32Array) this.#instance.floats(at, tensor.data.length).set(tensor.data);
      else toInt32(tensor.data, this.#instance.ints(at, tensor.data.length));
    });
  }

  #read(
    output: number,
    places: ReadonlyMap<number, number>,
    held: ReadonlyMap<string, EngineHeld>,
    sizes: readonly number[],
  ): Tensor<TensorData> {
    const { name = '', type = 0, dims = [], buffer = -1 } = this.#code.outputs[output] ?? {};
    const numbers = dims.map((size) => sizes[size] ?? 0);
    const length = numbers.reduce((x, y) => x * y, 1);
    const kept = held.get(name);
    if (kept) return { data: kept.read(), dims: numbers };
    const at = places.get(buffer);
    if (at === undefined) throw damagedStep(`output ${name} is written by no step`);
    const perToken = bufferBytes(this.#code, buffer, sizes) / 4;
    if (perToken === length) return { data: toTensorData(type, this.#instance.ints(at, length)), dims: numbers };
    return { data: withoutRoom(this.#instance.floats(at, perToken), numbers), dims: numbers };
  }
}
