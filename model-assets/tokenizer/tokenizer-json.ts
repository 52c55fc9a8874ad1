// Reads a `tokenizer.json` of the BERT family into typed parts, and refuses by name whatever this compiler does not know.
// Source of truth: the serde definitions of Hugging Face tokenizers. `padding`, `truncation` and `version` are not read.

import type { BertNormalizerFlags } from './unicode-tables.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

export type TemplateStep =
  | { readonly sequence: 0 | 1; readonly typeId: number }
  | { readonly id: number; readonly typeId: number };

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
  readonly single: readonly TemplateStep[];
  readonly pair: readonly TemplateStep[];
}

type Json = Readonly<Record<string, unknown>>;

/** @throws Error naming the component or the option that is not known. */
export function parseTokenizerJson(json: string): TokenizerJson {
  const root = object(JSON.parse(json), 'tokenizer.json');
  onlyKeys(root, 'tokenizer.json', [
    ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder'],
    'model',
  ]);
  const model = parseModel(root.model);
  const normalizer = parseNormalizer(root.normalizer);
  const preTokenizer = component(root.pre_tokenizer, 'pre_tokenizer', 'BertPreTokenizer');
  onlyKeys(preTokenizer, 'BertPreTokenizer', ['type']);
  if (root.decoder !== null && root.decoder !== undefined) component(root.decoder, 'decoder', 'WordPiece');
  const addedTokens = parseAddedTokens(root.added_tokens ?? [], model.vocabulary);
  return { normalizer, model, addedTokens, ...parsePostProcessor(root.post_processor) };
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
  const vocabulary = new Map<string, number>();
  for (const [piece, id] of Object.entries(object(model.vocab, 'WordPiece.vocab'))) {
    vocabulary.set(piece, integer(id, `WordPiece.vocab[${JSON.stringify(piece)}]`));
  }
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
function parseAddedTokens(value: unknown, vocabulary: ReadonlyMap<string, number>): AddedToken[] {
  const ids = new Map<string, number>();
  let next = vocabulary.size;
  for (const item of array(value, 'added_tokens')) {
    const token = object(item, 'added_tokens');
    const content = text(token, 'added_tokens', 'content');
    const name = `added token ${JSON.stringify(content)}`;
    onlyKeys(token, name, ['id', 'content', 'single_word', 'lstrip', 'rstrip', 'normalized', 'special']);
    for (const option of ['single_word', 'lstrip', 'rstrip', 'normalized']) {
      if (boolean(token, name, option)) throw new Error(`${name}: option "${option}" is not supported`);
    }
    if (content === '') throw new Error('an added token is empty');
    const id = ids.get(content) ?? vocabulary.get(content) ?? next;
    if (id >= next) next = id + 1;
    if (token.id !== id)
      throw new Error(`${name} has id ${String(token.id)}; its place in the vocabulary makes it ${id}`);
    ids.set(content, id);
  }
  return [...ids].map(([content, id]) => ({ content, id }));
}

function parsePostProcessor(value: unknown): Pick<TokenizerJson, 'single' | 'pair'> {
  const a = { sequence: 0, typeId: 0 } as const;
  const b = { sequence: 1, typeId: 1 } as const;
  if (value === null || value === undefined) return { single: [a], pair: [a, b] };
  const processor = object(value, 'post_processor');
  if (processor.type === 'BertProcessing') {
    onlyKeys(processor, 'BertProcessing', ['type', 'sep', 'cls']);
    const [cls, sep] = ['cls', 'sep'].map((key) => integer(array(processor[key], `BertProcessing.${key}`)[1], key));
    const special = (id = 0, typeId = 0): TemplateStep => ({ id, typeId });
    return { single: [special(cls), a, special(sep)], pair: [special(cls), a, special(sep), b, special(sep, 1)] };
  }
  component(processor, 'post_processor', 'TemplateProcessing');
  onlyKeys(processor, 'TemplateProcessing', ['type', 'single', 'pair', 'special_tokens']);
  const specials = object(processor.special_tokens, 'TemplateProcessing.special_tokens');
  return {
    single: parseTemplate(processor.single, specials, 'single'),
    pair: parseTemplate(processor.pair, specials, 'pair'),
  };
}

function parseTemplate(value: unknown, specials: Json, name: 'single' | 'pair'): TemplateStep[] {
  const where = `TemplateProcessing.${name}`;
  return array(value, where).flatMap((item): TemplateStep[] => {
    const [kind, body, ...more] = Object.entries(object(item, where)).flat();
    const piece = object(body, where);
    const typeId = integer(piece.type_id, `${where} type_id`);
    if (typeId > 0xff) throw new Error(`${where}: type id ${typeId} is larger than 255`);
    if (more.length === 0 && kind === 'Sequence' && piece.id === 'A') return [{ sequence: 0, typeId }];
    if (more.length === 0 && kind === 'Sequence' && piece.id === 'B' && name === 'pair')
      return [{ sequence: 1, typeId }];
    if (more.length > 0 || kind !== 'SpecialToken') throw new Error(`${where}: ${JSON.stringify(item)} is not known`);
    const special = object(specials[text(piece, where, 'id')], `special token ${JSON.stringify(piece.id)}`);
    return array(special.ids, 'special token ids').map((id) => ({ id: integer(id, 'special token id'), typeId }));
  });
}

function component(value: unknown, role: string, known: string): Json {
  if (value === null || value === undefined) throw new Error(`${role} is missing; this compiler knows ${known}`);
  const found = object(value, role);
  if (found.type !== known)
    throw new Error(`${role} "${String(found.type)}" is not supported; this compiler knows ${known}`);
  return found;
}

function onlyKeys(value: Json, name: string, keys: readonly string[]): void {
  const stranger = Object.keys(value).find((key) => !keys.includes(key));
  if (stranger !== undefined) throw new Error(`${name}: option "${stranger}" is not supported`);
}

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`);
  return value as Json;
}

function array(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`);
  return value;
}

function text(from: Json, name: string, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new Error(`${name}.${key} is not a string`);
  return value;
}

function boolean(from: Json, name: string, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new Error(`${name}.${key} is not a boolean`);
  return value;
}

function integer(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0x3fffffff) {
    throw new Error(`${name} is not an integer from 0 to ${0x3fffffff}`);
  }
  return value;
}
