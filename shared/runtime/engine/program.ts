// A program: what the engine does for each graph of a model, with sizes that a run decides. It is made when a model is published
// (model-assets/engine), lies in the bucket in front of the weights (program-format.ts), and becomes commands at each new shape (plan.ts).

/** Kinds of steps; the views and words of each are told in element-commands.ts and product-commands.ts. */
export const STEP_COPY = 0;
export const STEP_RANGE = 1;
export const STEP_UNARY = 2;
export const STEP_BINARY = 3;
export const STEP_SELECT = 4;
export const STEP_GATHER = 5;
export const STEP_GATHER_I8 = 6;
export const STEP_TRILU = 7;
export const STEP_CUMULATIVE_SUM = 8;
export const STEP_SCATTER = 9;
export const STEP_REDUCE = 10;
export const STEP_SOFTMAX = 11;
export const STEP_NORM = 12;
export const STEP_LINEAR = 13;
export const STEP_MATMUL = 14;
export const STEP_ATTENTION = 15;
export const STEP_GATHER_BLOCKS = 16;
export const STEP_ATTENTION_I8 = 17;
export const STEP_KINDS = 18;

/** Where a view is left out. */
export const ABSENT = -1;

/** Kinds of weights that a linear layer has: floats, bytes, 4 bits. */
export const WEIGHTS_F32 = 0;
export const WEIGHTS_I8 = 1;
export const WEIGHTS_I4 = 2;

/** A whole number, of others that stand before it in the list. */
export type Size =
  | { readonly kind: 'constant'; readonly value: number }
  /** A dimension of an input. */
  | { readonly kind: 'input'; readonly input: number; readonly axis: number }
  | {
      readonly kind: 'sum';
      readonly terms: readonly { readonly coefficient: number; readonly factors: readonly number[] }[];
    }
  | { readonly kind: 'div' | 'mod' | 'min' | 'max'; readonly a: number; readonly b: number }
  /** Tokens for which the caches have room: those that come out, and those that were fed. */
  | { readonly kind: 'capacity' | 'past capacity' }
  /** Rows of the logits that a run is asked for, and the first of them; of all that there are where it is not: more than any input has. */
  | { readonly kind: 'kept' | 'first kept' };

/** Elements of four bytes; `length`: a size. */
export interface ProgramBuffer {
  readonly length: number;
  readonly isFloat: boolean;
  readonly place:
    | { readonly kind: 'image'; readonly at: number }
    | { readonly kind: 'input'; readonly input: number }
    | { readonly kind: 'work' }
    /** Sizes, as integers or as floats. */
    | { readonly kind: 'sizes'; readonly values: readonly number[] }
    /** Of an output that is an input with more behind it: it can stay where the input was. */
    | { readonly kind: 'cache'; readonly input: number };
}

/** Numbers are indices of sizes, but for the buffer's. */
export interface ProgramView {
  readonly buffer: number;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

export interface Step {
  readonly kind: number;
  /** What it writes comes first. */
  readonly views: readonly number[];
  readonly words: readonly number[];
}

export interface ProgramInput {
  readonly name: string;
  /** onnx.TensorProto.DataType */
  readonly type: number;
  /** Sizes. */
  readonly dims: readonly number[];
}

export interface ProgramOutput extends ProgramInput {
  readonly buffer: number;
}

/** A graph, or one of the two ways of a merged one. */
export interface ProgramFunction {
  /** As the manifest names it: model, encoder, decoder, decoder_with_past. */
  readonly graph: string;
  /** The truth value that an input must have, or null. */
  readonly condition: { readonly input: number; readonly value: boolean } | null;
  readonly sizes: readonly Size[];
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly ProgramOutput[];
  readonly buffers: readonly ProgramBuffer[];
  readonly views: readonly ProgramView[];
  readonly steps: readonly Step[];
  /** Sizes that are equal in every run. */
  readonly equalities: readonly (readonly [a: number, b: number])[];
}

export interface Program {
  readonly functions: readonly ProgramFunction[];
  /** Weights, as they lie in WASM memory. */
  readonly imageBytes: number;
}
