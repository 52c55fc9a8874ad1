// What operators-setup.ts compiles on Node for the tests in workerd.

export interface CaseTensor {
  readonly name: string;
  /** onnx.TensorProto.DataType */
  readonly type: number;
  readonly dims: readonly number[];
  /** Little-endian elements in base64. */
  readonly data: string;
}

/** A program in base64, or the compiler's message. */
export type CompiledCase = { readonly program: string } | { readonly refused: string };

export interface OperatorCase {
  readonly name: string;
  /** By how much floats may be off; a hundred-thousandth where there is none. */
  readonly tolerance?: number;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
  readonly fixed: CompiledCase;
  /** With names for dimensions; null where there is none to name. */
  readonly symbolic: CompiledCase | null;
}

export interface CaseRun {
  readonly name: string;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}

/** A graph as an older exporter wrote it. */
export interface OlderGraph {
  readonly name: string;
  readonly compiled: CompiledCase;
  readonly runs: readonly CaseRun[];
}

/** A graph as onnxruntime takes it, in base64. */
export interface NamedGraph {
  readonly name: string;
  readonly model: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    operatorCases: OperatorCase[];
    olderGraphs: OlderGraph[];
    blockGraphs: NamedGraph[];
  }
}
