// One line that tells how far something is, how fast it goes and how long it takes. Nothing where nobody looks.

import { megabytes } from './sizes.ts';

/** Between two lines, in milliseconds. */
const INTERVAL = 100;
/** How much the rate of the last interval counts. */
const WEIGHT = 0.1;
const WIDTH = 24;

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress {
  readonly #label: string;
  readonly #screen: Screen;
  readonly #now: () => number;
  #total = 0;
  #done = 0;
  /** Bytes a millisecond, of late. */
  #rate = 0;
  #last: { readonly at: number; readonly done: number } | undefined;

  constructor(label: string, screen: Screen = process.stderr, now: () => number = () => performance.now()) {
    this.#label = label;
    this.#screen = screen;
    this.#now = now;
  }

  /** `done`: bytes that were there before; they say nothing of the rate. */
  start(total: number, done = 0): void {
    this.#total = total;
    this.#done = done;
    this.#last = { at: this.#now(), done };
  }

  /** So many bytes more are to come. */
  grow(bytes: number): void {
    this.#total += bytes;
    this.#last ??= { at: this.#now(), done: this.#done };
  }

  /** Less than none, where what had arrived turns out to be worth nothing. */
  add(bytes: number): void {
    this.#done += bytes;
    const at = this.#now();
    if (!this.#last || at - this.#last.at < INTERVAL) return;
    const rate = Math.max(0, this.#done - this.#last.done) / (at - this.#last.at);
    this.#rate = this.#rate === 0 ? rate : this.#rate + WEIGHT * (rate - this.#rate);
    this.#last = { at, done: this.#done };
    this.#draw(this.line());
  }

  line(): string {
    const share = this.#total > 0 ? Math.min(1, this.#done / this.#total) : 1;
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const left = this.#rate > 0 ? `, ${seconds((this.#total - this.#done) / this.#rate)} left` : '';
    const of = `${megabytes(this.#done)} of ${megabytes(this.#total)}`;
    return `${this.#label} ${bar} ${Math.floor(100 * share)} %  ${of}  ${megabytes(1000 * this.#rate)}/s${left}`;
  }

  /** Takes the line away. */
  end(): void {
    this.#draw('');
  }

  #draw(line: string): void {
    if (this.#screen.isTTY) this.#screen.write(`\r\x1b[2K${line}`);
  }
}

function seconds(milliseconds: number): string {
  const total = Math.max(0, Math.ceil(milliseconds / 1000));
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}
