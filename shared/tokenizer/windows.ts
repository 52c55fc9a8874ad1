// A text that is longer than a model takes, as overlapping windows: `return_overflowing_tokens` with a `stride`, as Hugging Face
// tokenizers cut from the right. The special tokens of the whole stand around each window.

import { ServiceError } from '../errors.ts';
import type { Encoding } from './encoding.ts';

export interface WindowOptions {
  /** Tokens of a window, special ones included. */
  readonly maxLength: number;
  /** Tokens that a window has in common with the one before it. */
  readonly stride: number;
}

/**
 * Windows over one sequence of `whole`, which is not truncated: the only one, or the second of a pair, each window then with all
 * of the first. One window where everything fits. Throws `invalid_input` where a window would not get ahead of its stride.
 */
export function slide(whole: Encoding, sequence: 0 | 1, { maxLength, stride }: WindowOptions): readonly Encoding[] {
  const length = whole.ids.length;
  if (length <= maxLength) return [whole];
  const start = whole.sequenceIds.indexOf(sequence);
  const end = whole.sequenceIds.lastIndexOf(sequence) + 1;
  const room = maxLength - (length - (end - start));
  if (start < 0 || room <= stride) {
    throw new ServiceError(
      'invalid_input',
      `a window of ${maxLength} tokens has room for ${Math.max(0, room)} of the text; the stride is ${stride} and must be less`,
    );
  }
  const windows: Encoding[] = [];
  for (let from = start; ; from += room - stride) {
    const to = Math.min(from + room, end);
    windows.push(cut(whole, [0, start], [from, to], [end, length]));
    if (to === end) return windows;
  }
}

type Range = readonly [from: number, to: number];

/** The tokens of three ranges, one after the other. */
function cut(whole: Encoding, ...ranges: readonly Range[]): Encoding {
  const join = <T extends Uint32Array | Int32Array | Uint8Array | Int8Array>(values: T, width = 1): T => {
    const parts = ranges.map(([from, to]) => values.subarray(from * width, to * width));
    const result = values.slice(
      0,
      parts.reduce((sum, part) => sum + part.length, 0),
    ) as T;
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  };
  return {
    ids: join(whole.ids),
    typeIds: join(whole.typeIds),
    attentionMask: join(whole.attentionMask),
    specialTokensMask: join(whole.specialTokensMask),
    offsets: join(whole.offsets, 2),
    wordIds: join(whole.wordIds),
    sequenceIds: join(whole.sequenceIds),
    truncated: true,
  };
}
