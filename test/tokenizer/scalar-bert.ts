// A BERT encoder in plain TypeScript, one character at a time: the twin that the SIMD path must equal, and the other side of the
// table of what crossing the border costs. It reads ASCII and ordinary letters only, knows no added tokens, no pairs.

export interface ScalarEncoding {
  readonly ids: number[];
  /** start, end pairs. */
  readonly offsets: number[];
  readonly wordIds: number[];
}

const UNKNOWN = '[UNK]';
const MAX_WORD = 100;

export class ScalarBert {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #lowercase: boolean;

  constructor(vocabulary: ReadonlyMap<string, number>, lowercase: boolean) {
    this.#vocabulary = vocabulary;
    this.#lowercase = lowercase;
  }

  encode(text: string): ScalarEncoding {
    const out: ScalarEncoding = { ids: [this.#id('[CLS]')], offsets: [0, 0], wordIds: [-1] };
    let word = '';
    let places: number[] = [];
    let words = 0;
    const end = (): void => {
      if (word !== '') this.#pushWord(word, places, words++, out);
      word = '';
      places = [];
    };
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
        end();
      } else if (code > 0x20 && code !== 0x7f) {
        const alone = code < 0x80 && !isAlphanumeric(code);
        if (alone) end();
        word += this.#lowercase && code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 0x20) : text.charAt(i);
        places.push(i);
        if (alone) end();
      }
    }
    end();
    out.ids.push(this.#id('[SEP]'));
    out.offsets.push(0, 0);
    out.wordIds.push(-1);
    return out;
  }

  #pushWord(word: string, places: readonly number[], number: number, out: ScalarEncoding): void {
    const pieces = word.length > MAX_WORD ? undefined : this.#pieces(word);
    let start = 0;
    for (const [id, end] of pieces ?? [[this.#id(UNKNOWN), word.length] as const]) {
      out.ids.push(id);
      out.offsets.push(places[start] ?? 0, (places[end - 1] ?? 0) + 1);
      out.wordIds.push(number);
      start = end;
    }
  }

  #pieces(word: string): [id: number, end: number][] | undefined {
    const pieces: [number, number][] = [];
    for (let start = 0; start < word.length; ) {
      let end = word.length;
      let id: number | undefined;
      for (; end > start && id === undefined; end--) {
        id = this.#vocabulary.get((start > 0 ? '##' : '') + word.slice(start, end));
      }
      if (id === undefined) return undefined;
      start = end + 1;
      pieces.push([id, start]);
    }
    return pieces;
  }

  #id(piece: string): number {
    return this.#vocabulary.get(piece) ?? 0;
  }
}

const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
