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
    /** What its pipelines answer: cases of equal task, model and parameters, a group each. */
    writingPipelines: readonly (readonly PipelineCase[])[];
  }
}

/** A request to a pipeline, and its answer. */
export interface PipelineCase {
  readonly task: string;
  readonly model: string;
  readonly inputs: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expected: readonly unknown[];
}
