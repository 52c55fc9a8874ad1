// Times commands of the engine inside of workerd, whose clock moves when it runs locally. Cases come as JSON; they alternate, so that
// what disturbs the machine disturbs all of them; the least of a case's rounds counts, as disturbance only adds.

import { attentionScratch } from '../../../shared/runtime/engine/attention-commands.ts';
import * as format from '../../../shared/runtime/engine/command-format.ts';
import engine from '../../../shared/runtime/engine/engine.wasm';
import type { Case } from '../kernel-cases.ts';
import limits from '../wasm/limits.wasm';

const ROUNDS = 15;
const WINDOW_MS = 6;
const PAGE = 65536;

interface Exports {
  readonly memory: WebAssembly.Memory;
  base(): number;
  probe(): number;
  setMode(mode: number): void;
  run(commands: number): number;
}

class Bench {
  readonly memory: WebAssembly.Memory;
  readonly #engine: Exports;
  readonly #limits: { read(at: number, bytes: number): number; dots(rounds: number): number };
  /** The machine's. */
  readonly #mode: number;
  #top: number;

  constructor() {
    this.#engine = new WebAssembly.Instance(engine).exports as unknown as Exports;
    this.memory = this.#engine.memory;
    this.#limits = new WebAssembly.Instance(limits, { env: { memory: this.memory } }).exports as never;
    this.#mode = this.#engine.probe();
    this.#top = this.#engine.base();
  }

  take(bytes: number): number {
    const at = (this.#top + 63) & ~63;
    this.#top = at + bytes;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  floats(count: number): number {
    const at = this.take(4 * count);
    const view = new Float32Array(this.memory.buffer, at, count);
    for (let i = 0; i < count; i++) view[i] = Math.sin(i * 12.9898) * 2;
    return at;
  }

  bytes(count: number): number {
    const at = this.take(count);
    const view = new Uint32Array(this.memory.buffer, at, count >> 2);
    for (let i = 0, x = 1; i < view.length; i++) view[i] = x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return at;
  }

  program(commands: readonly (readonly number[])[]): number {
    const words = [...commands.flatMap(([code = 0, ...rest]) => [code, rest.length + 2, ...rest]), format.END];
    const at = this.take(4 * words.length);
    new Int32Array(this.memory.buffer, at, words.length).set(words);
    return at;
  }

  /** Runs the case once. */
  prepare(it: Case): () => void {
    if (it.kind === 'linear') return this.#linear(it);
    if (it.kind === 'dots') return () => void this.#limits.dots(it.rounds);
    const program = this.program([this.#command(it)]);
    return () => {
      this.#engine.setMode(this.#mode);
      this.#run(program);
    };
  }

  #run(program: number): void {
    const error = this.#engine.run(program);
    if (error !== format.DONE) throw new Error(`error ${error}`);
  }

  #linear({ mode, rows, depth, columns, copies = 1, activation = 0 }: Extract<Case, { kind: 'linear' }>): () => void {
    const size =
      (columns / format.PANEL) *
      (format.PANEL * depth * (mode === -1 ? 4 : 1) + (mode === -1 ? format.PANEL_TAIL_F32 : format.PANEL_TAIL_I8));
    const weights = Array.from({ length: copies }, () => (mode === -1 ? this.floats(size / 4) : this.bytes(size)));
    if (mode !== -1) for (const at of weights) this.#fillTails(at, depth, columns);
    if (mode === -2) return () => weights.forEach((at) => void this.#limits.read(at, size & ~127));
    const [out, x] = [this.take(4 * rows * columns), this.floats(rows * depth)];
    const scratch = this.take(rows * (2 * depth + format.LINEAR_I8_SCRATCH));
    const words = [rows, columns, depth, columns, depth, activation];
    const code = mode === -1 ? format.LINEAR_F32 : format.LINEAR_I8;
    const program = this.program(weights.map((at) => [code, out, x, at, ...words, scratch]));
    return () => {
      if (mode >= 0) this.#engine.setMode(mode);
      this.#run(program);
    };
  }

  /** What is random as bits is often too small to be a normal float, and slow. */
  #fillTails(weights: number, depth: number, columns: number): void {
    const length = format.PANEL * depth + format.PANEL_TAIL_I8;
    for (let n = 0; n < columns / format.PANEL; n++) {
      new Float32Array(this.memory.buffer, weights + n * length + format.PANEL * depth, 24).fill(1e-3);
    }
  }

  #command(it: Exclude<Case, { kind: 'linear' | 'dots' }>): number[] {
    if (it.kind === 'unary') {
      const { operation, count } = it;
      return [format.UNARY, operation, this.take(4 * count), this.floats(count), count];
    }
    if (it.kind === 'norm') {
      const { rows, columns } = it;
      const [x, added, out] = [this.floats(rows * columns), this.floats(rows * columns), this.take(4 * rows * columns)];
      const sum = this.take(4 * rows * columns);
      return [format.LAYER_NORM, out, x, added, sum, this.floats(columns), this.floats(columns), rows, columns, 0, 0];
    }
    if (it.kind === 'matmul') {
      const { rows, columns, inner } = it;
      const tensors = [this.take(4 * rows * columns), this.floats(rows * inner), this.floats(inner * columns)];
      return [format.MATMUL, ...tensors, this.take(4 * inner * columns), rows, columns, inner, 0, inner, columns, 0];
    }
    const { heads, depth, queries, keys, mask, isInt8 = false } = it;
    const row = heads * depth;
    const [out, q, k, v] = [
      this.take(4 * queries * row),
      this.floats(queries * row),
      this.floats(keys * row),
      this.floats(keys * row),
    ];
    const scratch = this.take(attentionScratch(isInt8, this.#mode, keys, depth, depth));
    const scale = new Int32Array(Float32Array.of(1 / Math.sqrt(depth)).buffer)[0] ?? 0;
    const strides = [queries * row, depth, row];
    const steps = mask ? [1, format.SCORES_ADD, this.floats(keys), 0, 0, 0, 1, 0] : [0];
    const sizes = [1, heads, queries, keys, depth, depth, scale];
    const places = [isInt8 ? format.ATTENTION_I8 : format.ATTENTION, out, q, k, v, scratch];
    return [...places, ...sizes, ...strides, ...strides, ...strides, ...strides, 0, ...steps];
  }
}

/** Milliseconds of one run. The clock ticks once a millisecond: begun at a tick, and ended at one but for the last run. */
function measure(run: () => void): number {
  let started = performance.now();
  for (const before = started; started === before; ) started = performance.now();
  let count = 0;
  let now = started;
  for (; now - started < WINDOW_MS; now = performance.now(), count++) run();
  return (now - started) / count;
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') {
      return Response.json((new WebAssembly.Instance(engine).exports as unknown as Exports).probe());
    }
    const cases: readonly Case[] = await request.json();
    const bench = new Bench();
    const runs = cases.map((it) => bench.prepare(it));
    // Until they are compiled well.
    for (const run of runs) for (let i = 0; i < 8; i++) measure(run);
    const samples = runs.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++) for (const [n, run] of runs.entries()) samples[n]?.push(measure(run));
    return Response.json(samples.map((rounds) => Math.min(...rounds)));
  },
};
