// What subjects/kernels.ts asks workers/kernels.ts to time.

export type Case =
  /** `copies` of the weights, so that they do not lie in a cache. Mode -1: floats; -2: only read the weights. */
  | { kind: 'linear'; mode: number; rows: number; depth: number; columns: number; copies?: number; activation?: number }
  | { kind: 'attention'; heads: number; depth: number; queries: number; keys: number; mask: boolean; isInt8?: boolean }
  /** 12 dot products a round, without memory. */
  | { kind: 'dots'; rounds: number }
  | { kind: 'unary'; operation: number; count: number }
  | { kind: 'norm'; rows: number; columns: number }
  | { kind: 'matmul'; rows: number; columns: number; inner: number };
