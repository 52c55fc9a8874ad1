// What global-setup.ts reads on Node for the tokenizer's tests in workerd.

/** Files of ../shared/tokenizers, which is not part of the tree, as text. */
export interface SharedTokenizers {
  readonly vectors: string;
  readonly uncasedJson: string;
  readonly casedVocabulary: string;
  readonly multilingualVocabulary: string;
  readonly robertaJson: string;
  readonly t5Json: string;
  readonly gpt2Vocabulary: string;
  readonly gpt2Merges: string;
  /** Pairs of a piece and its score. */
  readonly albertPieces: string;
  /** A SentencePiece model, in base64. */
  readonly debertaModel: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** vocab.txt of the fixtures. */
    tokenizerVocabulary: string;
    /** The tokenizer.json of each pipeline of the fixtures, by name. */
    tokenizerPipelines: Readonly<Record<string, string>>;
    /** null where ../shared/tokenizers is missing. */
    sharedTokenizers: SharedTokenizers | null;
    /** The tokenizer examples of ../shared/course.json; null where it is missing. */
    courseTokenizers: readonly { inputs: string[]; input_ids: number[][] }[] | null;
  }
}
