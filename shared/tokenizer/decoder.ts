// Ids, or pieces, to text.

import { type DecodeStep, toDecode } from './decode/steps.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface DecodeOptions {
  /** Leaves out tokens such as [CLS]; default false. */
  readonly skipSpecialTokens?: boolean;
  /** Default: what the checkpoint says of itself. */
  readonly cleanUpTokenizationSpaces?: boolean;
}

/** What the manifest says of decoding. */
export interface DecoderSettings {
  /** Null: pieces are joined with spaces. */
  readonly steps: readonly DecodeStep[] | null;
  readonly specialIds: readonly number[];
  readonly cleanUpTokenizationSpaces: boolean;
}

export class Decoder {
  readonly #tokenizer: Tokenizer;
  readonly #settings: DecoderSettings;
  readonly #special: ReadonlySet<number>;
  readonly #steps: readonly ReturnType<typeof toDecode>[] | undefined;

  constructor(tokenizer: Tokenizer, settings: DecoderSettings) {
    this.#tokenizer = tokenizer;
    this.#settings = settings;
    this.#special = new Set(settings.specialIds);
    this.#steps = settings.steps?.map(toDecode);
  }

  /** The text of ids; an id that the vocabulary lacks is left out. As `PreTrainedTokenizerFast._decode` (transformers 4.57). */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const kept = Array.from(ids).filter((id) => !(options.skipSpecialTokens && this.#special.has(id)));
    const text = this.join(kept.flatMap((id) => this.#tokenizer.tokenOf(id) ?? []));
    return (options.cleanUpTokenizationSpaces ?? this.#settings.cleanUpTokenizationSpaces) ? cleanUp(text) : text;
  }

  /** The text of pieces: `convert_tokens_to_string`. */
  join(pieces: readonly string[]): string {
    return this.#steps === undefined
      ? pieces.join(' ')
      : this.#steps.reduce((done, step) => step(done), pieces).join('');
  }
}

/** `clean_up_tokenization` of transformers 4.57. */
function cleanUp(text: string): string {
  return text
    .replaceAll(/ ([.?!,])/g, '$1')
    .replaceAll(" ' ", "'")
    .replaceAll(/ (n't|'m|'s|'ve|'re)/g, '$1');
}
