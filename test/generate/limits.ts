// Bounds of a request that bind nothing.

import type { Limits } from '../../shared/task.ts';

const NONE = Number.POSITIVE_INFINITY;

export const NO_LIMITS: Limits = {
  maxBodyBytes: NONE,
  maxInputs: NONE,
  maxTokens: NONE,
  maxNewTokens: NONE,
  maxBeams: NONE,
  maxDecoderMib: NONE,
  maxCacheMib: NONE,
};
