// A decoder's graph that remembers nothing: every step runs all tokens again.

import type { Session } from '../runtime/session.ts';
import { type Decoding, lastOf, lastScores, ones, type Source, toIds } from './decoding.ts';
import { sourceFeedsOf } from './source.ts';

export class WithoutCache implements Decoding {
  readonly #session: Session;
  readonly #ofSource: ReturnType<typeof sourceFeedsOf>;
  positions = 0;
  #rows: readonly (readonly number[])[] = [];

  constructor(session: Session, source: Source | null) {
    this.#session = session;
    this.#ofSource = sourceFeedsOf(source);
  }

  async step(tokens: readonly (readonly number[])[]): Promise<readonly Float32Array[]> {
    this.#rows = tokens.map((fresh, row) => [...(this.#rows[row] ?? []), ...fresh]);
    const { inputs } = this.#session;
    const ids = toIds(this.#rows);
    const [rows = 0, length = 0] = ids.dims;
    const feeds = {
      input_ids: () => ids,
      attention_mask: () => ones(rows, length),
      position_ids: () => toIds(this.#rows.map((row) => Array.from(row.keys()))),
      ...this.#ofSource(rows),
    };
    const fed = Object.entries(feeds).filter(([name]) => inputs.includes(name));
    const made = Object.fromEntries(fed.map(([name, make]) => [name, make()]));
    const { logits } = await this.#session.run(made, ['logits'], lastOf(length));
    this.positions += rows * length;
    return lastScores(logits);
  }

  reorder(order: readonly number[]): void {
    this.#rows = order.map((from) => this.#rows[from] ?? []);
  }

  close(): void {
    this.#rows = [];
  }
}
