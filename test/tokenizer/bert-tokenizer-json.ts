// A `tokenizer.json` of the BERT family from its vocabulary, one piece a line, as the reference library builds it.

export interface BertFlags {
  readonly clean_text: boolean;
  readonly handle_chinese_chars: boolean;
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
}

export const UNCASED: BertFlags = {
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
export const CASED: BertFlags = { ...UNCASED, lowercase: false };
export const CASED_STRIPPED: BertFlags = { ...CASED, handle_chinese_chars: false, strip_accents: true };
export const LOWER_ACCENTS_UNCLEAN: BertFlags = { ...UNCASED, clean_text: false, strip_accents: false };

const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

export function bertTokenizer(vocabulary: string, flags: BertFlags) {
  const vocab = Object.fromEntries(vocabulary.split('\n').map((piece, id) => [piece, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'BertNormalizer', ...flags },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', vocab['[SEP]']], cls: ['[CLS]', vocab['[CLS]']] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

export const bertTokenizerJson = (vocabulary: string, flags: BertFlags): string =>
  JSON.stringify(bertTokenizer(vocabulary, flags));
