// The sound files that a fuzzer begins with: the small pipelines of the fixtures, BERT's own way, and what a grammar makes of their
// parts: the normalizers of one or two, the pre-tokenizers of one or two, and the model of another with its added tokens.

import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { bertTokenizerJson, CASED_STRIPPED, UNCASED } from '../bert-tokenizer-json.ts';
import type { Random } from '../generated-texts.ts';

interface Json {
  readonly normalizer: { readonly type: string } | null;
  readonly pre_tokenizer: { readonly type: string } | null;
  readonly model: { readonly type: string; readonly [key: string]: unknown };
  readonly added_tokens: readonly { readonly [key: string]: unknown }[];
  readonly [key: string]: unknown;
}

const FLAGS = ['single_word', 'lstrip', 'rstrip', 'normalized'];
const NONE = '-';

/**
 * The file of a name: of a pipeline, or `normalizers|pre-tokenizers|model|flags`, where `a+b` is both and - none; `flags` is a number
 * from which each added token takes its own.
 * @throws Error where the parts do not fit one another.
 */
export function compileBase(name: string, pipelines: Readonly<Record<string, string>>, vocabulary: string): Uint8Array {
  const whole = sources(pipelines, vocabulary)[name];
  if (whole !== undefined) return compileTokenizer(whole);
  const parsed = (part: string): Json => JSON.parse(sources(pipelines, vocabulary)[part] ?? 'null');
  const [normalizers = NONE, preTokenizers = NONE, model = NONE, flags = '0'] = name.split('|');
  const parts = <T extends 'normalizer' | 'pre_tokenizer'>(names: string, role: T) =>
    names.split('+').flatMap((part) => (part === NONE ? [] : (parsed(part)[role] ?? [])));
  const json = parsed(model);
  return compileTokenizer(
    JSON.stringify({
      ...json,
      normalizer: { type: 'Sequence', normalizers: parts(normalizers, 'normalizer') },
      pre_tokenizer: { type: 'Sequence', pretokenizers: parts(preTokenizers, 'pre_tokenizer') },
      added_tokens: json.added_tokens.map((token, i) => ({ ...token, ...flagsOf(Number(flags), i) })),
    }),
  );
}

function flagsOf(flags: number, token: number): Record<string, boolean> {
  if (flags === 0) return {};
  const bits = Math.imul(flags + token, 0x9e3779b1) >>> 28;
  return Object.fromEntries(FLAGS.map((flag, i) => [flag, ((bits >> i) & 1) === 1]));
}

const sources = (pipelines: Readonly<Record<string, string>>, vocabulary: string): Record<string, string> => ({
  ...pipelines,
  bert: bertTokenizerJson(vocabulary, UNCASED),
  'bert-stripped': bertTokenizerJson(vocabulary, CASED_STRIPPED),
});

/** A name that the grammar makes; it need not compile. */
export function toBaseName(names: readonly string[], random: Random): string {
  const some = () => {
    const roll = random.below(8);
    if (roll === 0) return NONE;
    return roll < 6 ? random.pick(names) : `${random.pick(names)}+${random.pick(names)}`;
  };
  return `${some()}|${some()}|${random.pick(names)}|${random.below(16)}`;
}
