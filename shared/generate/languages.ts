// How a model is told between which languages it translates: by tokens (mBART, NLLB), by words before the text (T5), or not at all
// (Marian, one pair a model). Source: TranslationPipeline and `_build_translation_inputs` of transformers 4.57.

import { ServiceError } from '../errors.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Model } from '../model/open-model.ts';
import type { Context } from '../task.ts';
import type { Wording } from './rewrite.ts';

type Generation = NonNullable<Manifest['generation']>;

/**
 * Throws `invalid_input`, with the languages that there are, for one that is not among them, or is missing where it is a token. Where
 * it is words, a text without languages is taken for the model's first pair, as in the reference. Of a model of one pair that the caller
 * named they change nothing, as there; the default is not run for languages that are known not to be its own.
 */
export function toWording(from: string | null, to: string | null, { manifest }: Model, context: Context): Wording {
  const { generation } = manifest;
  const prefix = generation?.prefix ?? '';
  if (generation && Object.keys(generation.languages).length > 0) return byTokens(from, to, generation);
  const pairs = Object.keys(generation?.tasks ?? {}).filter((task) => task.startsWith('translation_'));
  if (generation && pairs.length > 0) return byPrefix(from, to, pairs, generation, context.warn);
  checkPair(from, to, manifest, context);
  return { prefix, defaults: {} };
}

function checkPair(from: string | null, to: string | null, { name, generation }: Manifest, context: Context): void {
  const { source = null, target = null } = generation?.pair ?? {};
  const asked = [shortOf(from), shortOf(to)];
  const known = [source, target];
  if (asked.every((code, i) => code === null || code === known[i])) return;
  const knows = source === null ? 'one pair of languages' : `${source} to ${target}`;
  // Longer forms, as eng_Latn, are not told apart.
  const isOther = asked.some((code, i) => code?.length === 2 && known[i] !== null && code !== known[i]);
  if (isOther && context.isDefault) {
    const message = `model ${name}, the default, translates ${knows}; name a model of the languages you want in "model"`;
    throw new ServiceError('invalid_input', message);
  }
  context.warn(`model ${name} translates ${knows}; src_lang and tgt_lang change nothing`);
}

/** fr_XX and fr-FR are fr: the rest of a code is the country or the script. */
const shortOf = (code: string | null) => code?.toLowerCase().split(/[-_]/)[0] ?? null;

function byTokens(from: string | null, to: string | null, { languages, prefix }: Generation): Wording {
  const idOf = (name: 'src_lang' | 'tgt_lang', code: string | null): number => {
    // en for en_XX, as the names of routes have it.
    const matches = Object.keys(languages).filter((each) => each === code || each.split('_')[0] === code);
    const id = own(languages, code ?? '') ?? (matches.length === 1 ? languages[matches[0] ?? ''] : undefined);
    if (id !== undefined) return id;
    const known = Object.keys(languages).join(', ');
    throw new ServiceError('invalid_input', `parameters.${name} is ${code ?? 'missing'}; this model knows ${known}`);
  };
  return { prefix, sourceLanguageId: idOf('src_lang', from), defaults: { forced_bos_token_id: idOf('tgt_lang', to) } };
}

function byPrefix(
  from: string | null,
  to: string | null,
  pairs: readonly string[],
  { tasks }: Generation,
  warn: Context['warn'],
): Wording {
  const [first = ''] = pairs;
  const none = (from ?? to) === null;
  if (none && pairs.length > 1) warn(`no languages were given; this is ${first}`);
  const task = own(tasks, none ? first : `translation_${from}_to_${to}`);
  if (task) return task;
  const known = pairs.map((pair) => pair.replace('translation_', '').replace('_to_', ' to ')).join(', ');
  const said =
    from === null || to === null ? 'parameters.src_lang and tgt_lang go together' : `there is no ${from} to ${to}`;
  throw new ServiceError('invalid_input', `${said}; this model translates ${known}`);
}

/** What a caller names may be a name that every object has. */
function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
