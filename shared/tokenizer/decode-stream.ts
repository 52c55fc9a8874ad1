// Tokens as they come, to text as soon as it is sure: `DecodeStream` of Hugging Face tokenizers.
//
// What a token adds is not its own text: bytes of one character may lie in several tokens, and a decoder may look at the token
// before. So the last tokens are decoded twice, with and without the new one, and what has come is the difference.

import type { DecodeOptions, Decoder } from './decoder.ts';

const INCOMPLETE = '\ufffd';
/** Tokens that may wait for a character to become whole. The longest character has four bytes, so more of them never will. */
const MOST_PENDING = 16;

export class DecodeStream {
  readonly #decoder: Decoder;
  readonly #options: DecodeOptions;
  /** Tokens from the last place at which text was complete. */
  #ids: number[] = [];
  /** How many of them have been given out, as `#given`. */
  #known = 0;
  #given = '';

  /** Nothing is cleaned up: what has been given out cannot be taken back when the next token comes. */
  constructor(decoder: Decoder, { skipSpecialTokens = false }: Pick<DecodeOptions, 'skipSpecialTokens'> = {}) {
    this.#decoder = decoder;
    this.#options = { skipSpecialTokens, cleanUpTokenizationSpaces: false };
  }

  /** Goes on from tokens whose text is known already: the first of those to come is decoded as what follows them. */
  follow(ids: readonly number[]): void {
    this.#ids = [...ids];
    this.#known = ids.length;
    this.#given = this.#decode(this.#ids);
  }

  /**
   * Takes a token and returns the text that is sure with it, which may be empty. A character is never cut; bytes that do not become
   * one are U+FFFD, after MOST_PENDING tokens.
   */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#decode(this.#ids);
    const isSure = text.length > this.#given.length && !text.endsWith(INCOMPLETE);
    const isLate = this.#ids.length - this.#known > MOST_PENDING;
    return isSure || isLate ? this.#give(text) : '';
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
