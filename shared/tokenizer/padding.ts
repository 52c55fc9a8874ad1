// Encodings of one length: `PaddingParams` of Hugging Face tokenizers.

import type { Encoding } from './encoding.ts';

export interface PaddingOptions {
  /** Tokens of each; default: of the longest. Longer ones stay as they are. */
  readonly length?: number;
  /** Rounds the length up; default 1, and 0 counts as 1. */
  readonly multipleOf?: number;
  /** The end that is padded; default right. */
  readonly side?: 'left' | 'right';
  readonly padId: number;
  /** Default 0. */
  readonly padTypeId?: number;
}

/** Padding has attention 0, special tokens mask 1, offsets 0 and 0, no word and no sequence. */
export function pad(encodings: readonly Encoding[], options: PaddingOptions): readonly Encoding[] {
  const { multipleOf = 1, side = 'right', padId, padTypeId = 0 } = options;
  const wanted = options.length ?? Math.max(0, ...encodings.map(({ ids }) => ids.length));
  const step = Math.max(1, multipleOf);
  const length = Math.ceil(wanted / step) * step;
  return encodings.map((encoding) => {
    const missing = length - encoding.ids.length;
    if (missing <= 0) return encoding;
    const fill = <T extends Uint32Array | Int32Array | Uint8Array | Int8Array>(values: T, value: number, width = 1) => {
      const padded = new (values.constructor as new (size: number) => T)(length * width).fill(value) as T;
      padded.set(values, side === 'left' ? missing * width : 0);
      return padded;
    };
    return {
      ids: fill(encoding.ids, padId),
      typeIds: fill(encoding.typeIds, padTypeId),
      attentionMask: fill(encoding.attentionMask, 0),
      specialTokensMask: fill(encoding.specialTokensMask, 1),
      offsets: fill(encoding.offsets, 0, 2),
      wordIds: fill(encoding.wordIds, -1),
      sequenceIds: fill(encoding.sequenceIds, -1),
      truncated: encoding.truncated,
    };
  });
}
