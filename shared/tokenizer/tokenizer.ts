// The host side of the tokenizer: writes a text into WebAssembly memory, makes one call, and hands out the block that comes
// back. One instance holds one tokenizer, so dropping the tokenizer frees its memory. It knows no tokenizer model.

import { ServiceError } from '../errors.ts';
import { type Encoding, WasmEncoding } from './encoding.ts';
import {
  ENCODE_SPECIAL_TOKENS,
  ENCODE_STRATEGY_SHIFT,
  ENCODE_TRUNCATE_LEFT,
  ERROR_NO_SECOND,
  ERROR_SPECIAL_TOKENS,
  ERROR_TOO_SHORT,
  RESULT_BYTES,
  STRATEGY_LONGEST_FIRST,
  STRATEGY_ONLY_FIRST,
  STRATEGY_ONLY_SECOND,
  TEXT_PADDING,
} from './format.ts';

export type { Encoding } from './encoding.ts';

/** One text, or a pair that is encoded together. */
export type TextInput = string | readonly [first: string, second: string];

/** `maxLength` counts tokens, special ones included. */
export interface Truncation {
  readonly strategy: 'longest_first' | 'only_first' | 'only_second';
  readonly maxLength: number;
  /** The end that is cut off. */
  readonly direction?: 'left' | 'right';
}

export interface EncodeOptions {
  readonly addSpecialTokens?: boolean;
  readonly truncation?: Truncation;
}

export interface Tokenizer {
  /**
   * The tokens of one text or one pair, as a list for the windows that a stride would make; without one it has one element.
   * @throws ServiceError `invalid_input` if the texts cannot be truncated as asked, or do not fit in memory.
   */
  encode(input: TextInput, options?: EncodeOptions): readonly Encoding[];
  tokenOf(id: number): string | undefined;
  idOf(token: string): number | undefined;
  /** Ids are less than this. */
  readonly vocabularySize: number;
  /** Size of its WebAssembly memory, which never shrinks. */
  readonly bytes: number;
}

/**
 * Opens what `compileTokenizer` made. `module` is tokenizer.wasm.
 * @throws ServiceError `model_unavailable` if `compiled` is cut, altered, or of another version.
 */
export function createTokenizer(module: WebAssembly.Module, compiled: Uint8Array): Tokenizer {
  const exports = new WebAssembly.Instance(module).exports as unknown as WasmExports;
  const start = exports.place(compiled.byteLength) >>> 0;
  if (start === 0)
    throw new ServiceError('model_unavailable', `no memory for a tokenizer of ${compiled.byteLength} bytes`);
  new Uint8Array(exports.memory.buffer).set(compiled, start);
  if (exports.open(compiled.byteLength) !== 0) {
    throw new ServiceError(
      'model_unavailable',
      'the compiled tokenizer is cut, altered or of another version; compile it again',
    );
  }
  return new WasmTokenizer(exports);
}

interface WasmExports {
  readonly memory: WebAssembly.Memory;
  readonly outcome: WebAssembly.Global;
  place(length: number): number;
  open(length: number): number;
  vocabularySize(): number;
  room(length: number): number;
  encode(firstLength: number, secondLength: number, flags: number, maxLength: number): number;
  find(length: number): number;
  piece(id: number): number;
}

const STRATEGIES = {
  longest_first: STRATEGY_LONGEST_FIRST,
  only_first: STRATEGY_ONLY_FIRST,
  only_second: STRATEGY_ONLY_SECOND,
} as const;

const NO_OPTIONS: EncodeOptions = {};
/** Room that is asked for at once, so that short texts need not ask. */
const FIRST_ROOM = 16384;
/** A UTF-16 unit is at most three bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

class WasmTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly #exports: WasmExports;
  readonly #outcome: number;
  #text = 0;
  #room = 0;
  // Views of the whole memory; a memory that has grown detaches them, which makes them empty.
  #bytes = new Uint8Array();
  #words = new Uint32Array();

  constructor(exports: WasmExports) {
    this.#exports = exports;
    this.#outcome = Number(exports.outcome.value) >>> 2;
    this.vocabularySize = exports.vocabularySize();
    this.#makeRoom(FIRST_ROOM);
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  encode(input: TextInput, options: EncodeOptions = NO_OPTIONS): readonly Encoding[] {
    let firstLength: number;
    let secondLength = -1;
    if (typeof input === 'string') {
      firstLength = this.#write(input, 0);
    } else {
      firstLength = this.#write(input[0], 0);
      secondLength = this.#write(input[1], roundUp(this.#text + firstLength + TEXT_PADDING) - this.#text);
    }
    const { truncation } = options;
    let flags = options.addSpecialTokens === false ? 0 : ENCODE_SPECIAL_TOKENS;
    let maxLength = 0;
    if (truncation !== undefined) {
      maxLength = Math.min(truncation.maxLength, 0x7fffffff);
      if (!(maxLength >= 0))
        throw new ServiceError('invalid_input', `maxLength is ${truncation.maxLength}; it must be at least 0`);
      flags |= STRATEGIES[truncation.strategy] << ENCODE_STRATEGY_SHIFT;
      if (truncation.direction === 'left') flags |= ENCODE_TRUNCATE_LEFT;
    }
    const count = this.#exports.encode(firstLength, secondLength, flags, maxLength);
    const block = this.#outcomeOf(0);
    if (count < 0) throw this.#failure(count, truncation);
    const { buffer } = this.#exports.memory;
    return [new WasmEncoding(buffer.slice(block, block + count * RESULT_BYTES), count, this.#outcomeOf(1) === 1)];
  }

  tokenOf(id: number): string | undefined {
    const start = Number.isInteger(id) && id >= 0 && id < this.vocabularySize ? this.#exports.piece(id) : 0;
    if (start === 0) return undefined;
    return fromUtf8.decode(this.#view().subarray(start, start + this.#outcomeOf(0)));
  }

  idOf(token: string): number | undefined {
    const id = this.#exports.find(this.#write(token, 0));
    return id < 0 ? undefined : id;
  }

  /** Writes UTF-8 `offset` bytes after the place for texts; a lone surrogate becomes U+FFFD. Returns its length in bytes. */
  #write(text: string, offset: number): number {
    const most = offset + text.length * BYTES_PER_UNIT;
    if (most > this.#room) this.#makeRoom(most);
    const start = this.#text + offset;
    return utf8.encodeInto(text, this.#view().subarray(start)).written;
  }

  #makeRoom(bytes: number): void {
    const start = bytes > 0x7fffffff ? 0 : this.#exports.room(bytes) >>> 0;
    if (start === 0) throw tooLong();
    this.#text = start;
    this.#room = bytes;
  }

  #view(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#exports.memory.buffer);
    return this.#bytes;
  }

  #outcomeOf(index: number): number {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.#exports.memory.buffer);
    return this.#words[this.#outcome + index] ?? 0;
  }

  #failure(code: number, truncation: Truncation | undefined): ServiceError {
    const most = truncation?.maxLength;
    const [first, second] = [this.#outcomeOf(2), this.#outcomeOf(3)];
    switch (code) {
      case ERROR_SPECIAL_TOKENS:
        return new ServiceError('invalid_input', `max_length is ${most}; the special tokens alone are ${first}`);
      case ERROR_TOO_SHORT:
        return new ServiceError(
          'invalid_input',
          `the texts have ${first} and ${second} tokens; ${truncation?.strategy} cannot bring them to ${most}, use longest_first`,
        );
      case ERROR_NO_SECOND:
        return new ServiceError(
          'invalid_input',
          `the text has ${first} tokens and no second text; only_second cannot bring it to ${most}`,
        );
      default:
        return tooLong();
    }
  }
}

const roundUp = (address: number): number => (address + 15) & ~15;

const tooLong = (): ServiceError =>
  new ServiceError('invalid_input', 'the text is too long for the memory there is; cut it');
