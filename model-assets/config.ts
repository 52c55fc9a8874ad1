// Reads what a checkpoint's config.json says of it.

import * as z from 'zod/mini';
import type { Manifest } from '../shared/model/manifest.ts';
import type { Attention, WeightType } from './engine/compile.ts';
import { readJson } from './json-file.ts';

export interface Config extends Pick<Manifest, 'architecture' | 'maxLength' | 'id2label' | 'problemType'> {
  /** The class that the checkpoint is loaded as: BertForSequenceClassification, … */
  readonly head: string;
  /** The tasks that the head can serve. */
  readonly tasks: readonly string[];
  /** The one that the architecture was made for, where the head serves several. */
  readonly likely: string | undefined;
  /** Tokens that have a position. */
  readonly positions: number;
  /** How the project's own engine is to compute attention. */
  readonly attention: Attention;
  /** And what it is to do with weights. */
  readonly weights: WeightType;
}

const WRITING_ON = ['text-generation'];
const REWRITING = ['translation', 'summarization'];

/** The tasks that a head is for. */
const TASKS_OF_HEAD: Readonly<Record<string, string[]>> = {
  ForSequenceClassification: ['text-classification', 'zero-shot-classification'],
  ForTokenClassification: ['token-classification'],
  ForQuestionAnswering: ['question-answering'],
  ForMaskedLM: ['fill-mask'],
  ForCausalLM: WRITING_ON,
  LMHeadModel: WRITING_ON,
  ForConditionalGeneration: REWRITING,
  MTModel: REWRITING,
  Model: ['feature-extraction'],
};

/** By `model_type`. */
const LIKELY_TASKS: Readonly<Record<string, string>> = {
  marian: 'translation',
  mbart: 'translation',
  m2m_100: 'translation',
  pegasus: 'summarization',
};

/** Architectures whose encoder and decoder, of one class with those that rewrite, were trained to fill masks as well. */
const FILL_MASKS = new Set(['bart', 'mbart']);

/** Tokens of a model whose positions know no end, such as Transformer-XL's: more than any request may have. */
const UNBOUNDED = 2 ** 20;

/** Architectures that know how far two tokens are apart and not where they stand; what they call their length is that of their training. */
const RELATIVE = new Set(['t5', 'mt5', 'transfo-xl']);

/** Architectures whose first position is the one after that of padding. */
const POSITIONS_AFTER_PADDING = new Set(['roberta', 'xlm-roberta', 'camembert', 'mpnet']);

const schema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).check(z.minLength(1)),
  max_position_embeddings: z.optional(z.int()),
  /** What GPT-2, CTRL and T5 call it. */
  n_positions: z.optional(z.int()),
  pad_token_id: z.nullish(z.int()),
  id2label: z.optional(z.record(z.string(), z.string())),
  /** A key of this project: the products of attention are computed in bytes. */
  int8_attention: z.optional(z.boolean()),
  /** Another: large weights become 4 bits. */
  int4_weights: z.optional(z.boolean()),
  problem_type: z.nullish(z.enum(['regression', 'single_label_classification', 'multi_label_classification'])),
});

/** Throws where the file is not as it must be, or no task runs on the architecture: multiple choice, for one, has no pipeline in transformers and none here. */
export async function readConfig(path: string): Promise<Config> {
  const config = await readJson(path, schema);
  const [architecture = ''] = config.architectures;
  const head = Object.keys(TASKS_OF_HEAD).find((suffix) => architecture.endsWith(suffix));
  if (!head) {
    throw new Error(
      `${path}: no task runs on ${architecture}; known heads are ${Object.keys(TASKS_OF_HEAD).join(', ')}`,
    );
  }
  const served = TASKS_OF_HEAD[head] ?? [];
  const tasks = served === REWRITING && FILL_MASKS.has(config.model_type) ? [...served, 'fill-mask'] : served;
  // Transformer-XL says -1.
  const lengths = [config.max_position_embeddings ?? config.n_positions ?? 0].filter((length) => length > 0);
  const longest = lengths.length > 0 ? Math.min(...lengths) : UNBOUNDED;
  const skipped = POSITIONS_AFTER_PADDING.has(config.model_type) ? (config.pad_token_id ?? 1) + 1 : 0;
  return {
    head: architecture,
    tasks: [...tasks],
    likely: tasks.find((task) => task === LIKELY_TASKS[config.model_type]),
    architecture: config.model_type,
    maxLength: longest - skipped,
    positions: RELATIVE.has(config.model_type) ? UNBOUNDED : longest - skipped,
    id2label: /Classification$/.test(head) ? toList(path, config.id2label ?? { 0: 'LABEL_0', 1: 'LABEL_1' }) : [],
    problemType: config.problem_type ?? null,
    attention: config.int8_attention ? 'int8' : 'float',
    weights: config.int4_weights ? 'int4' : 'given',
  };
}

/** Whether a model of the task makes text. */
export const writes = (task: string): boolean => WRITING_ON.includes(task) || rewrites(task);
/** Whether it makes text of text, by an encoder and a decoder. */
export const rewrites = (task: string): boolean => REWRITING.includes(task);

function toList(path: string, id2label: Readonly<Record<string, string>>): string[] {
  return Object.keys(id2label).map((_, id) => {
    const label = id2label[id];
    if (label === undefined) throw new Error(`${path}: id2label has no label for ${id}`);
    return label;
  });
}
