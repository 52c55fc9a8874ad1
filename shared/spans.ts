// Logits of an answer's first and last token to the best spans: `select_starts_ends` and `decode_spans` of
// `QuestionAnsweringPipeline` (transformers 4.57).

import { softmax } from './tensor.ts';

export interface Span {
  /** First and last token. */
  readonly first: number;
  readonly last: number;
  readonly score: number;
}

export interface Spans {
  /** Best first. */
  readonly spans: readonly Span[];
  /** Score of there being no answer: of the span that is the first token alone. */
  readonly nullScore: number;
}

/**
 * `start` and `end`: logits, [tokens]. `isContext`: which tokens an answer may have; `isNone`: which stand for there being none, and count
 * in the softmax alone. At most `maxLength` tokens a span, at most `count` spans.
 */
export function bestSpans(
  start: Float32Array,
  end: Float32Array,
  isContext: (token: number) => boolean,
  isNone: (token: number) => boolean,
  { maxLength, count }: { readonly maxLength: number; readonly count: number },
): Spans {
  const allowed = (logits: Float32Array) => logits.map((logit, i) => (isContext(i) || isNone(i) ? logit : -10_000));
  const starts = softmax(allowed(start));
  const ends = softmax(allowed(end));
  const spans = new Best(count);
  for (let first = 1; first < starts.length; first++) {
    if (!isContext(first)) continue;
    const bound = Math.min(ends.length, first + maxLength);
    for (let last = first; last < bound; last++) {
      const score = (starts[first] ?? 0) * (ends[last] ?? 0);
      if (score > spans.bound && isContext(last)) spans.add({ first, last, score });
    }
  }
  return { spans: spans.sorted(), nullScore: (starts[0] ?? 0) * (ends[0] ?? 0) };
}

/** The `count` best spans, of equal ones the first. Sorted only when there are twice as many: that costs little for any count. */
class Best {
  readonly #count: number;
  readonly #most: number;
  #spans: Span[] = [];
  /** What a score must be over to count. */
  bound = 0;

  constructor(count: number) {
    this.#count = count;
    this.#most = 2 * count + 16;
  }

  add(span: Span): void {
    this.#spans.push(span);
    if (this.#spans.length < this.#most) return;
    this.#spans = this.sorted();
    this.bound = this.#spans.at(-1)?.score ?? 0;
  }

  /** Best first. */
  sorted(): Span[] {
    return this.#spans.sort((a, b) => b.score - a.score).slice(0, this.#count);
  }
}
