// A decoder's graph that is handed the keys and values of the tokens before, and hands out those of all: the layouts of Optimum.
//
//   one graph                 past_key_values.* of any length, from 0 on
//   merged                    the same with use_cache_branch, which says whether the past counts
//   split                     one graph without past for the first step, one with past for the others
//
// They stay in the engine's memory from step to step: copied out and in, those of four beams would cost more than the decoder.
// In an encoder and decoder the keys and values of the source (`.encoder.`) come out of the first step and are kept as they are.

import { ServiceError } from '../errors.ts';
import type { Held, Session } from '../runtime/session.ts';
import type { Tensor, TensorData } from '../tensor.ts';
import {
  type Between,
  type Decoding,
  isIdentity,
  lastOf,
  lastScores,
  ones,
  readInParts,
  type Source,
  toIds,
} from './decoding.ts';
import { OF_SOURCE, PAST, PRESENT } from './past.ts';
import { sourceFeedsOf } from './source.ts';

export interface DecoderGraphs {
  /** Runs the first step. */
  readonly first: Session;
  /** Runs the others; the same session unless the export is split. */
  readonly later: Session;
}

export class KeyValues implements Decoding {
  readonly #graphs: DecoderGraphs;
  readonly #ofSource: ReturnType<typeof sourceFeedsOf>;
  /** Tokens that one run may read. */
  readonly #most: number;
  #past = new Map<string, Held>();
  positions = 0;
  #length = 0;

  /** `most`: how many tokens a run may read; a longer prompt is read in parts, if the graph of the later steps takes more than one token. */
  constructor(graphs: DecoderGraphs, source: Source | null, most: number) {
    this.#graphs = graphs;
    this.#ofSource = sourceFeedsOf(source);
    const [, tokens] = graphs.later.shapes.input_ids ?? [];
    this.#most = tokens === null ? most : Number.POSITIVE_INFINITY;
  }

  async step(tokens: readonly (readonly number[])[], between?: Between): Promise<readonly Float32Array[]> {
    return lastScores(await readInParts(tokens, this.#most, (part) => this.#run(part), between));
  }

  reorder(order: readonly number[]): void {
    for (const [name, held] of this.#past) {
      const [rows = 0] = held.dims;
      // Every row has the same source.
      if (isIdentity(order, rows) || (name.includes(OF_SOURCE) && order.length === rows)) continue;
      held.pick(order);
    }
  }

  close(): void {
    for (const held of this.#past.values()) held.release();
    this.#past.clear();
  }

  /** One run of a graph; what it remembers is kept. */
  async #run(tokens: readonly (readonly number[])[]): Promise<Tensor<TensorData> | undefined> {
    const isFirst = this.#length === 0;
    const session = isFirst ? this.#graphs.first : this.#graphs.later;
    const ids = toIds(tokens);
    const [rows = 0, count = 0] = ids.dims;
    const length = this.#length + count;
    const feeds: Record<string, () => Tensor<TensorData>> = {
      input_ids: () => ids,
      attention_mask: () => ones(rows, length),
      position_ids: () => toIds(tokens.map((row) => row.map((_, i) => this.#length + i))),
      use_cache_branch: () => ({ data: Uint8Array.of(isFirst ? 0 : 1), dims: [1] }),
      ...this.#ofSource(rows),
    };
    const fed = session.inputs.map((name) => {
      const tensor = name.startsWith(PAST) ? this.#pastOf(name, session, rows) : feeds[name]?.();
      if (!tensor) throw new ServiceError('internal', `the decoder takes ${name}, which is not known`);
      return [name, tensor] as const;
    });
    const fresh = session.outputs.filter((name) => this.#isFresh(name));
    const { fetched, held } = await session.runHeld(Object.fromEntries(fed), ['logits'], fresh, lastOf(count));
    for (const [name, present] of Object.entries(held)) {
      this.#past.get(toPast(name))?.release();
      this.#past.set(toPast(name), present);
    }
    this.#length = length;
    this.positions += rows * count;
    return fetched.logits;
  }

  /** Keys and values of the source do not change. */
  #isFresh(output: string): boolean {
    return output.startsWith(PRESENT) && !(output.includes(OF_SOURCE) && this.#past.has(toPast(output)));
  }

  /** Before the first step a past of no tokens: [rows, heads, 0, size]. */
  #pastOf(name: string, session: Session, rows: number): Tensor | Held {
    const known = this.#past.get(name);
    if (known) return known;
    const [, heads, , size] = session.shapes[name] ?? [];
    if (typeof heads !== 'number' || typeof size !== 'number') {
      throw new ServiceError('internal', `the graph does not say how many heads ${name} has, and of which size`);
    }
    return { data: new Float32Array(), dims: [rows, heads, 0, size] };
  }
}

const toPast = (present: string) => PAST + present.slice(PRESENT.length);
