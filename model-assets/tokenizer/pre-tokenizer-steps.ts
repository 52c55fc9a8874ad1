// The steps of a pre-tokenizer. Source of each: its namesake in Hugging Face tokenizers, pre_tokenizers/.

import * as pipeline from '../../shared/tokenizer/pipeline-format.ts';
import { addAutomaton } from './automaton.ts';
import { array, boolean, type Json, object, onlyKeys, text } from './json.ts';
import { content, literal, pattern, type Step } from './normalizer-steps.ts';
import type { Pool } from './pool.ts';
import { complement, parseRegex, type Regex, setFrom, union } from './regex.ts';
import * as classes from './unicode-classes.ts';
import * as data from './unicode-data.ts';
import { parseRanges } from './unicode-packing.ts';

const BYTE_LEVEL = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const BEHAVIOURS: Readonly<Record<string, number>> = {
  Removed: pipeline.BEHAVIOUR_REMOVED,
  Isolated: pipeline.BEHAVIOUR_ISOLATED,
  MergedWithPrevious: pipeline.BEHAVIOUR_PREVIOUS,
  MergedWithNext: pipeline.BEHAVIOUR_NEXT,
  Contiguous: pipeline.BEHAVIOUR_CONTIGUOUS,
};
const SCHEMES: Readonly<Record<string, number>> = {
  never: pipeline.PREPEND_NEVER,
  first: pipeline.PREPEND_FIRST,
  always: pipeline.PREPEND_ALWAYS,
};

export interface PreTokenizer {
  readonly steps: readonly Step[];
  /** Whether the model sees a character for every byte. */
  readonly byteLevel: boolean;
}

/** @throws Error naming the pre-tokenizer or the option that is not known. */
export function preTokenizerSteps(value: unknown, pool: Pool): PreTokenizer {
  const steps: Step[] = [];
  let byteLevel = false;
  for (const item of flatten(value)) {
    if (byteLevel) throw new Error(`pre_tokenizer "${String(item.type)}" after ByteLevel is not supported`);
    byteLevel = item.type === 'ByteLevel';
    steps.push(...stepsOf(item, pool));
  }
  return { steps, byteLevel };
}

function flatten(value: unknown): Json[] {
  if (value === null || value === undefined) return [];
  const item = object(value, 'pre_tokenizer');
  if (item.type !== 'Sequence') return [item];
  onlyKeys(item, 'Sequence', ['type', 'pretokenizers']);
  return array(item.pretokenizers, 'Sequence.pretokenizers').flatMap(flatten);
}

function stepsOf(item: Json, pool: Pool): Step[] {
  const type = String(item.type);
  const keys = (...names: string[]): void => onlyKeys(item, type, ['type', ...names]);
  const split = (regex: Regex, behaviour: number, invert = false): Step => [
    pipeline.STEP_SPLIT,
    addAutomaton(pool, regex, type),
    behaviour,
    Number(invert),
  ];
  const behaviourOf = (name: unknown): number => {
    const found = BEHAVIOURS[String(name)];
    if (found === undefined) throw new Error(`${type}: behavior "${String(name)}" is not supported`);
    return found;
  };
  switch (type) {
    case 'BertPreTokenizer':
      keys();
      return [
        split(setRegex(data.WHITESPACE), pipeline.BEHAVIOUR_REMOVED),
        split(setRegex(data.PUNCTUATION), pipeline.BEHAVIOUR_ISOLATED),
      ];
    case 'ByteLevel':
      keys('add_prefix_space', 'trim_offsets', 'use_regex');
      return [
        ...(boolean(item, type, 'add_prefix_space') ? [[pipeline.STEP_PREFIX_SPACE]] : []),
        ...(boolean(item, type, 'use_regex', true) ? [split(parseRegex(BYTE_LEVEL), pipeline.BEHAVIOUR_ISOLATED)] : []),
      ];
    case 'Whitespace': {
      keys();
      const word = setFrom(parseRanges(classes.WORD));
      const other = complement(union(word, setFrom(parseRanges(classes.SPACE))));
      return [split({ kind: 'choice', items: [some(word), some(other)] }, pipeline.BEHAVIOUR_REMOVED, true)];
    }
    case 'WhitespaceSplit':
      keys();
      return [split(setRegex(data.WHITESPACE), pipeline.BEHAVIOUR_REMOVED)];
    case 'Punctuation':
      keys('behavior');
      return [split(setRegex(data.PUNCTUATION), behaviourOf(item.behavior ?? 'Isolated'))];
    case 'Digits': {
      keys('individual_digits');
      const alone = boolean(item, type, 'individual_digits');
      return [split(setRegex(classes.NUMERIC), alone ? pipeline.BEHAVIOUR_ISOLATED : pipeline.BEHAVIOUR_CONTIGUOUS)];
    }
    case 'CharDelimiterSplit':
      keys('delimiter');
      return [split(literal(text(item, type, 'delimiter')), pipeline.BEHAVIOUR_REMOVED)];
    case 'Split':
      keys('pattern', 'behavior', 'invert');
      return [
        [
          pipeline.STEP_SPLIT,
          pattern(pool, item, type),
          behaviourOf(item.behavior),
          Number(boolean(item, type, 'invert')),
        ],
      ];
    case 'UnicodeScripts':
      keys();
      return [[pipeline.STEP_SCRIPTS, pool.addClassMap(parseRanges(classes.SCRIPTS))]];
    case 'Metaspace': {
      keys('replacement', 'prepend_scheme', 'add_prefix_space', 'split', 'str_rep');
      const replacement = text(item, type, 'replacement');
      const name = String(item.prepend_scheme ?? (item.add_prefix_space === false ? 'never' : 'always'));
      const scheme = SCHEMES[name];
      if (scheme === undefined) throw new Error(`Metaspace: prepend_scheme "${name}" is not supported`);
      return [
        [pipeline.STEP_METASPACE, ...content(pool, replacement), scheme],
        ...(boolean(item, type, 'split', true) ? [split(literal(replacement), pipeline.BEHAVIOUR_NEXT)] : []),
      ];
    }
  }
  throw new Error(`pre_tokenizer "${type}" is not supported`);
}

const setRegex = (packed: string): Regex => ({ kind: 'set', set: setFrom(parseRanges(packed)) });
const some = (set: Uint8Array): Regex => ({
  kind: 'repeat',
  item: { kind: 'set', set },
  least: 1,
  most: Number.POSITIVE_INFINITY,
});
