// Texts that are longer than a model takes, as overlapping windows: `return_overflowing_tokens` with a `stride`. The special tokens
// of the whole stand around each window. Source: Hugging Face tokenizers, Encoding::truncate for the ranges, and
// TemplateProcessing for the order of the windows of a pair of which both texts are cut.
//
// In windows after the first the reference forgets what the template said of a text's type id and takes the number of the text; here
// they keep it. The two differ only where a template gives the second text type 0 (T5, whose model takes no types).

import { ServiceError } from '../errors.ts';
import type { Encoding } from './encoding.ts';

/** Of all windows together: 20 MB. A stride just below a window's length makes as many windows as there are tokens. */
export const MOST_WINDOW_TOKENS = 2 ** 20;

export interface WindowOptions {
  /** Tokens that a window has in common with the one before it. */
  readonly stride: number;
  /** The end of the text that the first window leaves out; default right. */
  readonly direction?: 'left' | 'right';
}

type Range = readonly [from: number, to: number];

/**
 * All windows over `whole`, which is not truncated, given the `first` of them, which is. For texts in m and n windows these are
 * (0, 0), then (i, 0) … (i, n - 1) for every i from 1, then (0, 1) … (0, n - 1).
 * Throws `invalid_input` where a window would not get ahead of its stride, `too_large` where they are too many to be held.
 */
export function windowsOf(whole: Encoding, first: Encoding, options: WindowOptions): readonly Encoding[] {
  const spans = [spanOf(whole, first, 0, options), spanOf(whole, first, 1, options)] as const;
  const tokens = spans[0].windows * spans[1].windows * first.ids.length;
  if (tokens > MOST_WINDOW_TOKENS) {
    const message = `the windows over a text have ${tokens} tokens together, and at most ${MOST_WINDOW_TOKENS} are made; send less text, or lower the stride from ${options.stride}`;
    throw new ServiceError('too_large', message);
  }
  const [[a0, ...a], [b0, ...b]] = [rangesOf(spans[0], options), rangesOf(spans[1], options)];
  const pairs = [
    [a0, b0],
    ...a.flatMap((range) => [b0, ...b].map((other) => [range, other])),
    ...b.map((other) => [a0, other]),
  ];
  const runs = runsOf(whole);
  return pairs.map((ranges) => cut(whole, runs, ranges));
}

/** Tokens that stand together and belong to the same text, or to the template. */
interface Run {
  readonly sequence: number;
  readonly range: Range;
}

/** Found once for all windows, of which a long text has many. */
function runsOf({ sequenceIds }: Encoding): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < sequenceIds.length; ) {
    const sequence = sequenceIds[from] ?? -1;
    let to = from + 1;
    while (to < sequenceIds.length && sequenceIds[to] === sequence) to++;
    runs.push({ sequence, range: [from, to] });
    from = to;
  }
  return runs;
}

/** Where a text lies in `whole`, and how windows go over it. */
interface Span {
  readonly start: number;
  readonly end: number;
  /** Tokens of the text that a window has room for, and from one window to the next. */
  readonly room: number;
  readonly step: number;
  readonly windows: number;
}

function spanOf(whole: Encoding, first: Encoding, sequence: number, { stride }: WindowOptions): Span {
  const start = whole.sequenceIds.indexOf(sequence);
  if (start < 0) return { start: 0, end: 0, room: 0, step: 0, windows: 1 }; // it has no tokens, or is not there
  const end = whole.sequenceIds.lastIndexOf(sequence) + 1;
  const room = first.sequenceIds.reduce((count, each) => count + (each === sequence ? 1 : 0), 0);
  const rest = end - start - room;
  if (rest === 0) return { start, end, room, step: room, windows: 1 };
  if (room <= stride) {
    throw new ServiceError(
      'invalid_input',
      `a window of ${first.ids.length} tokens has room for ${room} of the text; the stride is ${stride} and must be less`,
    );
  }
  return { start, end, room, step: room - stride, windows: 1 + Math.ceil(rest / (room - stride)) };
}

/** What each window takes of a text, as places in `whole`. */
function rangesOf({ start, end, room, step, windows }: Span, { direction }: WindowOptions): [Range, ...Range[]] {
  const later = Array.from({ length: windows - 1 }, (_, i) => (i + 1) * step);
  return direction === 'left'
    ? [[end - room, end], ...later.map((by): Range => [Math.max(end - by - room, start), end - by])]
    : [[start, start + room], ...later.map((by): Range => [start + by, Math.min(start + by + room, end)])];
}

/** `whole` with nothing of its texts but the ranges, of which there is one for each. */
function cut(whole: Encoding, runs: readonly Run[], ranges: readonly (Range | undefined)[]): Encoding {
  const kept = runs.map(({ sequence, range }) => ranges[sequence] ?? range);
  const count = kept.reduce((sum, [from, to]) => sum + to - from, 0);
  const pick = <T extends Uint32Array | Int32Array | Uint8Array | Int8Array>(values: T, width = 1): T => {
    const result = values.slice(0, count * width) as T;
    let filled = 0;
    for (const [from, to] of kept) {
      result.set(values.subarray(from * width, to * width), filled);
      filled += (to - from) * width;
    }
    return result;
  };
  return {
    ids: pick(whole.ids),
    typeIds: pick(whole.typeIds),
    attentionMask: pick(whole.attentionMask),
    specialTokensMask: pick(whole.specialTokensMask),
    offsets: pick(whole.offsets, 2),
    wordIds: pick(whole.wordIds),
    sequenceIds: pick(whole.sequenceIds),
    truncated: true,
  };
}
