// What subjects/engine.ts asks workers/engine.ts to do.

/** `mode`: of the products (a code DOT_*), of a model that runs on the project's own engine; the machine's best where it is left out. */
export interface Opened {
  readonly model: string;
  readonly mode?: number;
}

export type Case =
  /** A run of the graph `model` over as many tokens. */
  | (Opened & { readonly kind: 'forward'; readonly tokens: number })
  /** A step of a decoder, in so many rows (1, greedily), behind `context` tokens, and a source of as many where there is an encoder. */
  | (Opened & { readonly kind: 'step'; readonly context: number; readonly beams?: number })
  /** A prompt of a decoder, as far as its next token. */
  | (Opened & { readonly kind: 'prompt'; readonly tokens: number })
  /** Reads so many bytes and does nothing else. */
  | { readonly kind: 'read'; readonly bytes: number };

export interface Job {
  readonly it: Case;
  readonly repeats: number;
}
