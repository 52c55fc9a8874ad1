// Reads a `tokenizer.json` of the BERT family into typed parts, and refuses by name whatever this compiler does not know.
// Source of truth: the serde definitions of Hugging Face tokenizers. `padding`, `truncation` and `version` are not read.

import { array, boolean, integer, type Json, object, onlyKeys, parseJson, text, vocabularyOf } from './json.ts';
import { type PostProcessor, parsePostProcessor } from './post-processor.ts';
import type { BertNormalizerFlags } from './unicode-tables.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export interface WordPiece {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number;
  readonly continuationPrefix: string;
  readonly maxCharsPerWord: number;
}

export interface TokenizerJson {
  readonly normalizer: BertNormalizerFlags;
  readonly model: WordPiece;
  readonly addedTokens: readonly AddedToken[];
  readonly postProcessor: PostProcessor;
}

const ROOT_KEYS = ['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor'];

/** The parts of the file, of which none was looked into. */
export function parseRoot(json: string): Json {
  const root = object(parseJson(json, 'tokenizer.json'), 'tokenizer.json');
  onlyKeys(root, 'tokenizer.json', [...ROOT_KEYS, 'decoder', 'model']);
  return root;
}

/** Whether the file takes the way of the BERT family, which has no steps. */
export function isBert({ normalizer, pre_tokenizer, model, added_tokens }: Json): boolean {
  const typeOf = (value: unknown): unknown => (value as Json | null | undefined)?.type;
  const tokens = Array.isArray(added_tokens) ? (added_tokens as readonly (Json | null)[]) : [];
  const plain = tokens.every((t) => !(t?.single_word || t?.lstrip || t?.rstrip || t?.normalized));
  return (
    typeOf(normalizer) === 'BertNormalizer' &&
    typeOf(pre_tokenizer) === 'BertPreTokenizer' &&
    typeOf(model) === 'WordPiece' &&
    plain
  );
}

/** @throws Error naming the component or the option that is not known. */
export function parseTokenizerJson(root: Json): TokenizerJson {
  const model = parseModel(root.model);
  const normalizer = parseNormalizer(root.normalizer);
  const preTokenizer = component(root.pre_tokenizer, 'pre_tokenizer', 'BertPreTokenizer');
  onlyKeys(preTokenizer, 'BertPreTokenizer', ['type']);
  const addedTokens = parseAddedTokens(root.added_tokens ?? [], model.vocabulary);
  return { normalizer, model, addedTokens, postProcessor: parsePostProcessor(root.post_processor) };
}

function parseNormalizer(value: unknown): BertNormalizerFlags {
  const normalizer = component(value, 'normalizer', 'BertNormalizer');
  onlyKeys(normalizer, 'BertNormalizer', ['type', 'clean_text', 'handle_chinese_chars', 'strip_accents', 'lowercase']);
  const lowercase = boolean(normalizer, 'BertNormalizer', 'lowercase');
  const stripAccents = normalizer.strip_accents ?? lowercase; // null follows lowercase
  if (typeof stripAccents !== 'boolean') throw new Error('BertNormalizer.strip_accents is neither boolean nor null');
  return {
    cleanText: boolean(normalizer, 'BertNormalizer', 'clean_text'),
    handleChineseChars: boolean(normalizer, 'BertNormalizer', 'handle_chinese_chars'),
    stripAccents,
    lowercase,
  };
}

function parseModel(value: unknown): WordPiece {
  const model = component(value, 'model', 'WordPiece');
  onlyKeys(model, 'WordPiece', ['type', 'vocab', 'unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word']);
  const vocabulary = vocabularyOf(model.vocab, 'WordPiece');
  const unknown = text(model, 'WordPiece', 'unk_token');
  const unknownId = vocabulary.get(unknown);
  if (unknownId === undefined)
    throw new Error(`WordPiece.unk_token ${JSON.stringify(unknown)} is not in the vocabulary`);
  return {
    vocabulary,
    unknownId,
    continuationPrefix: text(model, 'WordPiece', 'continuing_subword_prefix'),
    maxCharsPerWord: integer(model.max_input_chars_per_word, 'WordPiece.max_input_chars_per_word'),
  };
}

/** Ids are given out as AddedVocabulary::add_tokens does; the file must agree. */
export function parseAddedTokens(value: unknown, vocabulary: ReadonlyMap<string, number>): AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  let next = vocabulary.size;
  for (const item of array(value, 'added_tokens')) {
    const token = object(item, 'added_tokens');
    const content = text(token, 'added_tokens', 'content');
    const name = `added token ${JSON.stringify(content)}`;
    onlyKeys(token, name, ['id', 'content', 'single_word', 'lstrip', 'rstrip', 'normalized', 'special']);
    if (content === '') throw new Error('an added token is empty');
    const id = tokens.get(content)?.id ?? vocabulary.get(content) ?? next;
    if (id >= next) next = id + 1;
    if (token.id !== id)
      throw new Error(`${name} has id ${String(token.id)}; its place in the vocabulary makes it ${id}`);
    const flag = (option: string): boolean => boolean(token, name, option);
    tokens.set(content, {
      id,
      content,
      singleWord: flag('single_word'),
      lstrip: flag('lstrip'),
      rstrip: flag('rstrip'),
      normalized: flag('normalized'),
      special: flag('special'),
    });
  }
  return [...tokens.values()];
}

function component(value: unknown, role: string, known: string): Json {
  if (value === null || value === undefined) throw new Error(`${role} is missing; this compiler knows ${known}`);
  const found = object(value, role);
  if (found.type !== known)
    throw new Error(`${role} "${String(found.type)}" is not supported; this compiler knows ${known}`);
  return found;
}
