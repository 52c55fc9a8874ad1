// Transformer-XL, which hands on the hidden states of its layers for as many tokens as it remembers: `mems`, and not keys and values
// (Dai et al. 2019). The graph takes `mems.N` and gives `new_mems.N`, [remembered, rows, hidden], which stay of one length.

import type { Session } from '../runtime/session.ts';
import type { Tensor, TensorData } from '../tensor.ts';
import { type Between, type Decoding, isIdentity, lastOf, lastScores, readInParts, toIds } from './decoding.ts';

export const MEMORY = 'mems.';
const NEW_MEMORY = 'new_mems.';

export class Memories implements Decoding {
  readonly #session: Session;
  readonly #most: number;
  #memories = new Map<string, Tensor>();
  positions = 0;

  /** `most`: how many tokens a run may read. A longer prompt is read in parts, each of which sees those before as far as is remembered. */
  constructor(session: Session, most: number) {
    this.#session = session;
    this.#most = most;
  }

  async step(tokens: readonly (readonly number[])[], between?: Between): Promise<readonly Float32Array[]> {
    return lastScores(await readInParts(tokens, this.#most, (part) => this.#run(part), between));
  }

  async #run(tokens: readonly (readonly number[])[]): Promise<Tensor<TensorData> | undefined> {
    const memories = this.#session.inputs
      .filter((name) => name.startsWith(MEMORY))
      .map((name) => [name, this.#memories.get(name) ?? this.#empty(name, tokens.length)] as const);
    const feeds = { input_ids: toIds(tokens), ...Object.fromEntries(memories) };
    const { logits, ...fresh } = await this.#session.run(feeds, undefined, lastOf(tokens[0]?.length ?? 0));
    for (const [name, { data, dims }] of Object.entries(fresh)) {
      if (name.startsWith(NEW_MEMORY) && data instanceof Float32Array) {
        this.#memories.set(MEMORY + name.slice(NEW_MEMORY.length), { data, dims });
      }
    }
    this.positions += tokens.length * (tokens[0]?.length ?? 0);
    return logits;
  }

  reorder(order: readonly number[]): void {
    for (const [name, tensor] of this.#memories) this.#memories.set(name, pickColumns(tensor, order));
  }

  close(): void {
    this.#memories.clear();
  }

  /** Zeros, as the reference begins. */
  #empty(name: string, rows: number): Tensor {
    const [length, , size] = this.#session.shapes[name] ?? [];
    if (typeof length !== 'number' || typeof size !== 'number')
      throw new Error(`the graph does not say how long ${name} is`);
    return { data: new Float32Array(length * rows * size), dims: [length, rows, size] };
  }
}

/** `tensor`, [length, rows, size], with its rows picked. */
function pickColumns(tensor: Tensor, order: readonly number[]): Tensor {
  const [length = 0, rows = 0, size = 0] = tensor.dims;
  if (isIdentity(order, rows)) return tensor;
  const data = new Float32Array(length * order.length * size);
  for (let at = 0; at < length; at++) {
    order.forEach((from, to) => {
      const start = (at * rows + from) * size;
      data.set(tensor.data.subarray(start, start + size), (at * order.length + to) * size);
    });
  }
  return { data, dims: [length, order.length, size] };
}
