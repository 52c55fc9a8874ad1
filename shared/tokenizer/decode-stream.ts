// Tokens as they come, to text as soon as it is sure: `DecodeStream` of Hugging Face tokenizers.
//
// What a token adds is not its own text: bytes of one character may lie in several tokens, and a decoder may look at the token
// before. So the last tokens are decoded twice, with and without the new one, and what has come is the difference.

import type { DecodeOptions, Decoder } from './decoder.ts';

const INCOMPLETE = '\ufffd';

export class DecodeStream {
  readonly #decoder: Decoder;
  readonly #options: DecodeOptions;
  /** Tokens from the last place at which text was complete. */
  #ids: number[] = [];
  /** How many of them have been given out, as `#given`. */
  #known = 0;
  #given = '';

  constructor(decoder: Decoder, options: DecodeOptions = {}) {
    this.#decoder = decoder;
    this.#options = options;
  }

  /** Takes a token and returns the text that is sure with it, which may be empty. A character is never cut. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#decode(this.#ids);
    if (text.endsWith(INCOMPLETE) || text.length <= this.#given.length) return '';
    return this.#give(text);
  }

  /** What is left when no more tokens come: characters that never became whole are U+FFFD. */
  end(): string {
    return this.#give(this.#decode(this.#ids));
  }

  #give(text: string): string {
    const fresh = text.slice(this.#given.length);
    // What was known goes, the new tokens stay: they are what the next one will be decoded after.
    this.#ids = this.#ids.slice(this.#known);
    this.#known = this.#ids.length;
    this.#given = this.#decode(this.#ids);
    return fresh;
  }

  #decode(ids: readonly number[]): string {
    return this.#decoder.decode(ids, this.#options);
  }
}
