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
  const spans: Span[] = [];
  for (let first = 1; first < starts.length; first++) {
    if (!isContext(first)) continue;
    const bound = Math.min(ends.length, first + maxLength);
    for (let last = first; last < bound; last++) {
      const score = (starts[first] ?? 0) * (ends[last] ?? 0);
      if (score > 0 && isContext(last)) insert(spans, { first, last, score }, count);
    }
  }
  return { spans, nullScore: (starts[0] ?? 0) * (ends[0] ?? 0) };
}

/** Keeps `spans` sorted, and no more than `count` of them. */
function insert(spans: Span[], span: Span, count: number): void {
  if (spans.length >= count && span.score <= (spans.at(-1)?.score ?? 0)) return;
  let at = spans.length;
  while (at > 0 && (spans[at - 1]?.score ?? 0) < span.score) at--;
  spans.splice(at, 0, span);
  if (spans.length > count) spans.pop();
}
