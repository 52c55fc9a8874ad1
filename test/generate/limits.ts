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
  maxModelMib: NONE,
};

/** A model whose work and memory are those of one position each. */
export const NOTHING_SPECIAL = {
  cost: {
    decoderMib: 1,
    recomputes: false,
    positionBytes: 0,
    rowBytes: 0,
    textBytes: 0,
    stepBytes: 0,
    scored: 1,
    residentBytes: 0,
  },
  prefixLength: 0,
  sourceLength: 0,
  renormalize: false,
};
