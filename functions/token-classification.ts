// POST /v1/token-classification  {"inputs": "My name is Sylvain"}
//   ->  [{"entity_group": "PER", "score": 0.99, "word": "Sylvain", "start": 11, "end": 18}]
//
// Semantics: TokenClassificationPipeline of transformers 4.57. A text that is longer than the model takes slides through it in
// windows when `stride` is set, and is refused otherwise.

import * as z from 'zod/mini';
import { aggregate, type Entity, mergeOverlaps, scoresOf, type Token } from '../shared/entities.ts';
import { ServiceError } from '../shared/errors.ts';
import { admit, forwardEncoded } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Model } from '../shared/model/open-model.ts';
import { codePoints, offsetFields, positionsIn } from '../shared/offsets.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';
import type { Encoding } from '../shared/tokenizer/tokenizer.ts';

const STRATEGIES = ['none', 'simple', 'first', 'average', 'max'] as const;

const parameters = fields({
  aggregation_strategy: optional(z.enum(STRATEGIES, `must be ${STRATEGIES.join(', ')}`), null),
  grouped_entities: optional(z.boolean('must be true or false'), null),
  ignore_labels: optional(z.array(z.string('must be a string'), 'must be a list of labels'), ['O']),
  stride: optional(z.int('must be a whole number from 0, or null').check(z.minimum(0)), null),
  ...offsetFields,
});
const input = fields({
  inputs: texts,
  parameters: optional(parameters, parameters.parse({})),
});
const entity = z.object({
  entity_group: z.optional(z.string()),
  entity: z.optional(z.string()),
  score: z.number(),
  index: z.optional(z.int()),
  word: z.string(),
  start: z.int(),
  end: z.int(),
});
const output = z.union([z.array(entity), z.array(z.array(entity))]);

type Parameters = z.output<typeof parameters>;

export const tokenClassification: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'token-classification',
  aliases: ['ner'],
  summary: 'Entities in a text, with their places',
  input,
  output,
  example: { inputs: 'My name is Sylvain and I work at Hugging Face in Brooklyn.' },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    const answers: z.output<typeof entity>[][] = [];
    for (const [i, text] of list.entries()) {
      const entities = await entitiesOf(text, `inputs[${i}]`, parameters, model, context);
      const toWire = positionsIn(text, parameters.offset_unit);
      answers.push(
        entities.map(({ label, score, word, start, end, index }) =>
          index === undefined
            ? { entity_group: label, score, word, start: toWire(start), end: toWire(end) }
            : { entity: label, score, index, word, start: toWire(start), end: toWire(end) },
        ),
      );
    }
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
};

async function entitiesOf(text: string, name: string, parameters: Parameters, model: Model, context: Context) {
  const { ignore_labels: ignored, stride } = parameters;
  const strategy = toStrategy(parameters);
  const { id2label, maxLength, truncationSide: direction = 'right' } = model.manifest;
  const truncation = stride === null ? undefined : ({ strategy: 'only_first', maxLength, stride, direction } as const);
  const windows = model.tokenizer.encode(text, truncation && { truncation });
  admit(model, windows, name, 'set parameters.stride to slide over it', context);
  const join = (words: readonly string[]) => model.decoder.join(words);
  const found = await forwardEncoded(model, windows, ['logits'], context, ({ logits }, i): Entity[] => {
    const window = windows[i];
    if (!window) return [];
    const tokens = toTokens(text, window, scoresOf(logits.data, id2label.length), model);
    return aggregate(tokens, strategy, id2label, join).filter(({ label }) => !ignored.includes(label));
  });
  const entities = found.flat();
  return windows.length > 1 ? mergeOverlaps(entities) : entities;
}

function toStrategy({ aggregation_strategy: strategy, grouped_entities: grouped, stride }: Parameters) {
  const chosen = strategy ?? (grouped === false ? 'none' : 'simple');
  if (chosen !== 'none' || stride === null) return chosen;
  throw new ServiceError(
    'invalid_input',
    `parameters.stride goes with an aggregation_strategy other than none: ${STRATEGIES.slice(1).join(', ')}`,
  );
}

/** The tokens that stand for text; whether one goes on with a word is told as the reference tells it. */
function toTokens(text: string, window: Encoding, scores: readonly Float32Array[], { tokenizer, manifest }: Model) {
  const tokens: Token[] = [];
  const { continuingSubwordPrefix, unknownId } = manifest.pieces;
  window.ids.forEach((id, index) => {
    if (window.specialTokensMask[index]) return;
    const [start = 0, end = 0] = window.offsets.subarray(2 * index, 2 * index + 2);
    const covered = text.slice(start, end);
    const piece = tokenizer.tokenOf(id) ?? '';
    const isUnknown = id === unknownId;
    const isSubword = continuingSubwordPrefix
      ? codePoints(piece) !== codePoints(covered)
      : start > 0 && text[start - 1] !== ' ' && text[start] !== ' ';
    tokens.push({
      word: isUnknown ? covered : piece,
      scores: scores[index] ?? new Float32Array(),
      start,
      end,
      index,
      isSubword: isSubword && !isUnknown,
    });
  });
  return tokens;
}

export default serve(tokenClassification);
