// The host side of the tokenizer: writes a text into WebAssembly memory, makes one call, and hands out the block that comes
// back. One instance holds one tokenizer, so dropping the tokenizer frees its memory. It knows no tokenizer model.

import { ServiceError } from '../errors.ts';
import { type Encoding, WasmEncoding } from './encoding.ts';
import {
  ENCODE_SPECIAL_TOKENS,
  ENCODE_STRATEGY_SHIFT,
  ENCODE_TRUNCATE_LEFT,
  ENCODE_WORDS,
  ERROR_NO_SECOND,
  ERROR_SPECIAL_TOKENS,
  ERROR_TOO_SHORT,
  RESULT_BYTES,
  STRATEGY_LONGEST_FIRST,
  STRATEGY_ONLY_FIRST,
  STRATEGY_ONLY_SECOND,
  TEXT_PADDING,
} from './format.ts';
import { placeIn, type WasmExports } from './instance.ts';
import { windowsOf } from './windows.ts';

export type { Encoding } from './encoding.ts';

/** One text, or a pair that is encoded together. */
export type TextInput = string | readonly [first: string, second: string];

/**
 * The same for texts that the caller has split into words (`is_split_into_words`): each word is normalized and split by itself.
 * Word ids are then places in these lists, and offsets count from the start of the word.
 */
export interface WordsInput {
  readonly words: readonly string[];
  readonly pair?: readonly string[];
}

/** `maxLength` counts tokens, special ones included. */
export interface Truncation {
  readonly strategy: 'longest_first' | 'only_first' | 'only_second';
  readonly maxLength: number;
  /** The end that is cut off; default right. */
  readonly direction?: 'left' | 'right';
  /** Nothing is lost: what was cut off comes in further windows, which have this many tokens in common with their neighbours. */
  readonly stride?: number;
}

export interface EncodeOptions {
  readonly addSpecialTokens?: boolean;
  readonly truncation?: Truncation;
}

export interface Tokenizer {
  /**
   * The tokens of one text or one pair: one element, or one for each window where a stride is asked for (windows.ts).
   * @throws ServiceError `invalid_input` if the texts cannot be truncated as asked, or do not fit in memory.
   */
  encode(input: TextInput | WordsInput, options?: EncodeOptions): readonly Encoding[];
  tokenOf(id: number): string | undefined;
  idOf(token: string): number | undefined;
  /** Ids are less than this. */
  readonly vocabularySize: number;
  /** Size of its WebAssembly memory. A long text lets it grow until it is encoded. */
  readonly bytes: number;
}

/**
 * Opens what `compileTokenizer` made. `module` is tokenizer.wasm.
 * @throws ServiceError `model_unavailable` if `compiled` is cut, altered, or of another version.
 */
export function createTokenizer(module: WebAssembly.Module, compiled: Uint8Array): Tokenizer {
  const instantiate = () => new WebAssembly.Instance(module).exports as unknown as WasmExports;
  return openInstance(instantiate(), compiled, instantiate);
}

/** The same in an instance that is there, and holds nothing else. `instantiate`: gives the one to go on with when this has grown. */
export function openInstance(exports: WasmExports, compiled: Uint8Array, instantiate?: () => WasmExports): Tokenizer {
  const start = placeIn(exports, compiled);
  return new WasmTokenizer(exports, { start, length: compiled.byteLength }, instantiate);
}

const STRATEGIES = {
  longest_first: STRATEGY_LONGEST_FIRST,
  only_first: STRATEGY_ONLY_FIRST,
  only_second: STRATEGY_ONLY_SECOND,
} as const;

const NO_OPTIONS: EncodeOptions = {};
/** Room that is asked for at once, so that short texts need not ask. */
const FIRST_ROOM = 16384;
/** That the memory may have grown by once a text is encoded: word caches and texts of a few pages stay. */
const MOST_GROWN = 4 * 2 ** 20;
/** A UTF-16 unit is at most three bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

class WasmTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly #instantiate: (() => WasmExports) | undefined;
  readonly #tables: { readonly start: number; readonly length: number };
  /** Bytes of memory when it was opened. */
  readonly #opened: number;
  #exports: WasmExports;
  #outcome: number;
  #text = 0;
  #room = 0;
  // Views of the whole memory; a memory that has grown detaches them, which makes them empty.
  #bytes = new Uint8Array();
  #words = new Uint32Array();

  constructor(
    exports: WasmExports,
    tables: { readonly start: number; readonly length: number },
    instantiate: (() => WasmExports) | undefined,
  ) {
    this.#exports = exports;
    this.#tables = tables;
    this.#instantiate = instantiate;
    this.#outcome = Number(exports.outcome.value) >>> 2;
    this.vocabularySize = exports.vocabularySize();
    this.#makeRoom(FIRST_ROOM);
    this.#opened = this.bytes;
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  encode(input: TextInput | WordsInput, options: EncodeOptions = NO_OPTIONS): readonly Encoding[] {
    const { truncation } = options;
    try {
      const first = this.#encodeOne(input, options.addSpecialTokens, truncation);
      if (truncation?.stride === undefined || !first.truncated) return [first];
      const whole = this.#encodeOne(input, options.addSpecialTokens, undefined);
      return windowsOf(whole, first, { ...truncation, stride: truncation.stride });
    } finally {
      if (this.bytes - this.#opened > MOST_GROWN) this.#shrink();
    }
  }

  /** WebAssembly memory never shrinks: what was compiled goes to another instance. Where there is no room for both, it stays. */
  #shrink(): void {
    const { start, length } = this.#tables;
    try {
      const exports = this.#instantiate?.();
      if (!exports) return;
      placeIn(exports, new Uint8Array(this.#exports.memory.buffer, start, length));
      this.#exports = exports;
    } catch {
      return;
    }
    this.#outcome = Number(this.#exports.outcome.value) >>> 2;
    [this.#bytes, this.#words] = [new Uint8Array(), new Uint32Array()];
    this.#makeRoom(FIRST_ROOM);
  }

  #encodeOne(
    input: TextInput | WordsInput,
    addSpecialTokens: boolean | undefined,
    truncation: Truncation | undefined,
  ): Encoding {
    let firstLength: number;
    let secondLength = -1;
    let flags = addSpecialTokens === false ? 0 : ENCODE_SPECIAL_TOKENS;
    if (typeof input === 'string') {
      firstLength = this.#write(input, 0);
    } else if ('words' in input) {
      flags |= ENCODE_WORDS;
      firstLength = this.#writeWords(input.words, 0);
      if (input.pair) secondLength = this.#writeWords(input.pair, this.#after(firstLength));
    } else {
      firstLength = this.#write(input[0], 0);
      secondLength = this.#write(input[1], this.#after(firstLength));
    }
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
    return new WasmEncoding(buffer.slice(block, block + count * RESULT_BYTES), count, this.#outcomeOf(1) === 1);
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

  /** Writes a list of words as ENCODE_WORDS wants it (format.ts), and returns its length in bytes. */
  #writeWords(words: readonly string[], offset: number): number {
    let at = this.#next(offset + 4 * (words.length + 1));
    if (at > this.#room) this.#makeRoom(at);
    const lengths = [words.length];
    for (const word of words) {
      const length = this.#write(word, at);
      lengths.push(length);
      at = this.#next(at + length + TEXT_PADDING);
    }
    if (at > this.#room) this.#makeRoom(at);
    const list = new DataView(this.#view().buffer, this.#text + offset);
    lengths.forEach((length, i) => {
      list.setUint32(4 * i, length, true);
    });
    return at - offset;
  }

  /** Where a second text goes, behind a first of so many bytes. */
  #after(length: number): number {
    return this.#next(length + TEXT_PADDING);
  }

  /** The next offset at which something may stand. */
  #next(offset: number): number {
    return ((this.#text + offset + 15) & ~15) - this.#text;
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
        if (truncation?.stride !== undefined)
          return new ServiceError('invalid_input', `a window of ${most} tokens has no room for the text that is cut`);
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

const tooLong = (): ServiceError =>
  new ServiceError('invalid_input', 'the text is too long for the memory there is; cut it');
