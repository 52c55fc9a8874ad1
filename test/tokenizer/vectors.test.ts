// The cases of ../shared/tokenizers/vectors.json for the checkpoints whose vocabulary is there: ids, tokens and decoded text.

import { describe, expect, inject, test } from 'vitest';
import { compileTokenizer } from '../../model-assets/tokenizer/compile-tokenizer.ts';
import { readDecoder } from '../../model-assets/tokenizer/decoder-json.ts';
import { Decoder } from '../../shared/tokenizer/decoder.ts';
import { openTokenizer } from '../../shared/tokenizer/open-tokenizer.ts';
import type { Tokenizer } from '../../shared/tokenizer/tokenizer.ts';
import { bertTokenizerJson, CASED } from './bert-tokenizer-json.ts';
import { albertJson, debertaJson, gpt2Json } from './families.ts';
import type {} from './provided.ts';
import { parseSentencePiece } from './sentencepiece.ts';

interface Vectors {
  readonly [checkpoint: string]: {
    readonly cases: Readonly<
      Record<string, { text: string; text_pair?: string; ids: number[]; tokens?: string[]; decoded?: string }>
    >;
  };
}

const shared = inject('sharedTokenizers');
const vectors: Vectors = shared ? JSON.parse(shared.vectors) : {};
const CHECKPOINTS = {
  uncased: ['Xenova/bert-base-uncased', 'Xenova/distilbert-base-uncased-finetuned-sst-2-english'],
  cased: ['Xenova/bert-base-cased', 'google-bert/bert-base-cased', 'Xenova/distilbert-base-cased-distilled-squad'],
  multilingual: ['Xenova/bert-base-multilingual-cased-ner-hrl', 'distilbert/distilbert-base-multilingual-cased'],
  roberta: ['Xenova/all-distilroberta-v1'],
  t5: ['Xenova/t5-small'],
  gpt2: ['Xenova/gpt2'],
  albert: ['Xenova/albert-base-v2'],
  deberta: ['Xenova/nli-deberta-v3-small'],
};
/** As their tokenizer_config.json say. */
const UNKNOWN = new Set(['<unk>', '[UNK]']);
const NOT_CLEANED = ['roberta', 'gpt2'];

describe.skipIf(shared === null).each(Object.entries(CHECKPOINTS))('%s', (family, checkpoints) => {
  let tokenizer: Tokenizer | undefined;
  let decoder: Decoder | undefined;
  if (shared) {
    const spm = parseSentencePiece(Uint8Array.from(atob(shared.debertaModel), (c) => c.charCodeAt(0)));
    const json: Record<string, () => string> = {
      uncased: () => shared.uncasedJson,
      cased: () => bertTokenizerJson(shared.casedVocabulary, CASED),
      multilingual: () => bertTokenizerJson(shared.multilingualVocabulary, CASED),
      roberta: () => shared.robertaJson,
      t5: () => shared.t5Json,
      gpt2: () => gpt2Json(shared.gpt2Vocabulary, shared.gpt2Merges),
      albert: () => albertJson(JSON.parse(shared.albertPieces), spm.charsmap),
      deberta: () => debertaJson(spm),
    };
    const text = json[family]?.() ?? '';
    tokenizer = openTokenizer(compileTokenizer(text));
    decoder = new Decoder(tokenizer, {
      steps: readDecoder(JSON.parse(text).decoder),
      specialIds: [],
      cleanUpTokenizationSpaces: !NOT_CLEANED.includes(family),
    });
  }
  const cases = checkpoints.flatMap((checkpoint) =>
    Object.entries(vectors[checkpoint]?.cases ?? {}).map(([name, golden]) => ({
      name: `${checkpoint} ${name}`,
      golden,
    })),
  );

  test.each(cases)('$name', ({ golden }) => {
    const input = golden.text_pair === undefined ? golden.text : ([golden.text, golden.text_pair] as const);
    const [encoding] = tokenizer?.encode(input) ?? [];
    expect(Array.from(encoding?.ids ?? [])).toEqual(golden.ids);
    if (golden.decoded !== undefined) expect(decoder?.decode(golden.ids)).toBe(golden.decoded);
    if (golden.tokens === undefined) return;
    const [bare] = tokenizer?.encode(input, { addSpecialTokens: false }) ?? [];
    // Unigram writes what an unknown token stands for, not its name.
    const tokens = Array.from(bare?.ids ?? [], (id) => tokenizer?.tokenOf(id));
    expect(tokens).toEqual(golden.tokens.map((token, i) => (UNKNOWN.has(tokens[i] ?? '') ? tokens[i] : token)));
  });
});
