// The tokenizer.json of checkpoints that come without one, out of the parts that they come with, as the converters of
// transformers 4.57 (convert_slow_tokenizer.py) build it.

import type { SentencePieceModel } from './sentencepiece.ts';

type Piece = readonly [piece: string, score: number];

/** GPT2Converter: vocab.json and merges.txt. */
export function gpt2Json(vocabulary: string, merges: string): string {
  const vocab: Record<string, number> = JSON.parse(vocabulary);
  const byteLevel = (add_prefix_space: boolean, trim_offsets: boolean) => ({
    type: 'ByteLevel',
    add_prefix_space,
    trim_offsets,
    use_regex: true,
  });
  return JSON.stringify({
    added_tokens: [addedToken('<|endoftext|>', vocab['<|endoftext|>'] ?? -1, { normalized: true })],
    normalizer: null,
    pre_tokenizer: byteLevel(false, true),
    post_processor: byteLevel(true, false),
    decoder: byteLevel(true, true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: merges
        .split('\n')
        .slice(1)
        .filter((line) => line !== ''),
    },
  });
}

/**
 * AlbertConverter; text is cut at white space first, as in the file that the checkpoint has had since an older converter.
 * `charsmap`: of a SentencePiece model with the rule nmt_nfkc, which all of these have.
 */
export function albertJson(pieces: readonly Piece[], charsmap: string): string {
  const replace = (from: string) => ({ type: 'Replace', pattern: { String: from }, content: '"' });
  return JSON.stringify({
    ...unigram(pieces, '<unk>', '<pad>', [
      replace('``'),
      replace("''"),
      { type: 'NFKD' },
      { type: 'StripAccents' },
      { type: 'Lowercase' },
      { type: 'Precompiled', precompiled_charsmap: charsmap },
      SINGLE_SPACES,
    ]),
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, METASPACE] },
  });
}

/** DebertaV2Converter. */
export function debertaJson({ pieces, charsmap }: SentencePieceModel): string {
  return JSON.stringify(
    unigram(pieces, '[UNK]', '[PAD]', [
      { type: 'Strip', strip_left: true, strip_right: true },
      { type: 'Precompiled', precompiled_charsmap: charsmap },
      SINGLE_SPACES,
    ]),
  );
}

const METASPACE = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const SINGLE_SPACES = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };

function unigram(pieces: readonly Piece[], unknown: string, padding: string, normalizers: readonly object[]) {
  const idOf = (piece: string) => pieces.findIndex(([text]) => text === piece);
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const single = [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)];
  return {
    added_tokens: [
      ...[padding, '[CLS]', '[SEP]'].map((content) => addedToken(content, idOf(content))),
      addedToken(unknown, idOf(unknown), { normalized: padding === '[PAD]' }),
      addedToken('[MASK]', idOf('[MASK]') < 0 ? pieces.length : idOf('[MASK]'), { lstrip: true }),
    ],
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: METASPACE,
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B', 1), special('[SEP]', 1)],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }])),
    },
    decoder: METASPACE,
    model: { type: 'Unigram', unk_id: idOf(unknown), byte_fallback: false, vocab: pieces },
  };
}

function addedToken(content: string, id: number, flags: { lstrip?: boolean; normalized?: boolean } = {}) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags };
}
