// What global-setup.ts reads on Node for the tests in workerd.

export interface Goldens {
  /** Checkpoints with the same weights in different layouts. */
  readonly models: string[];
  readonly inputs: string[];
  readonly groups: Group[];
}

export interface Group {
  readonly group: string;
  readonly parameters: Record<string, unknown>;
  /** Cases that hung on a tie. */
  readonly dropped: number;
  readonly cases: { readonly input: number; readonly ids: number[][] }[];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** What transformers generates, by architecture. */
    writingGoldens: Record<string, Goldens>;
  }
}
