// POST /v1/tokenize  {"inputs": ["I love it"], "model": "minilm-sst2"}
//   ->  {"input_ids": [[2, 43, …]], "attention_mask": [[1, 1, …]], "token_type_ids": …, "tokens": …, "offsets": [[[0, 0], [0, 1], …]]}
//
// Only the tokenizer is opened. A pair is an object with text and text_pair.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { serve } from '../shared/http/serve.ts';
import type { TextModel } from '../shared/model/tokenizer-store.ts';
import { offsetFields, positionsIn } from '../shared/offsets.ts';
import { fields, optional } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';
import { pad } from '../shared/tokenizer/padding.ts';
import type { Encoding, TextInput } from '../shared/tokenizer/tokenizer.ts';
import { toTruncation, truncationFields } from '../shared/truncation.ts';

const text = z.string('must be a string');
const one = z.union(
  [text, fields({ text, text_pair: z.optional(text) })],
  'must be a string or an object with text and text_pair',
);
const input = fields({
  inputs: z.union([one, z.array(one)], 'must be a string, an object with text and text_pair, or a list of these'),
  padding: optional(z.boolean('must be true or false'), false),
  add_special_tokens: optional(z.boolean('must be true or false'), true),
  ...truncationFields,
  ...offsetFields,
});
const matrix = z.array(z.array(z.int()));
const output = z.object({
  input_ids: matrix,
  attention_mask: matrix,
  token_type_ids: matrix,
  tokens: z.array(z.array(z.string())),
  offsets: z.array(z.array(z.tuple([z.int(), z.int()]))),
});

export const tokenize: Task<z.output<typeof input>, z.output<typeof output>, TextModel> = {
  name: 'tokenize',
  aliases: [],
  summary: 'Texts to token ids, with their places in the text',
  input,
  output,
  example: { model: 'minilm-sst2', inputs: ['I love it'] },
  models: 'tokenizer',
  async run(body, model, context) {
    const list = (Array.isArray(body.inputs) ? body.inputs : [body.inputs]).map(toInput);
    const truncation = toTruncation(body, model, '');
    const options = { addSpecialTokens: body.add_special_tokens, ...(truncation && { truncation }) };
    const encodings: Encoding[] = [];
    for (const each of list) {
      encodings.push(...model.tokenizer.encode(each, options));
      checkTokens(encodings, body.padding, context);
    }
    context.meter.count(
      'tokens',
      encodings.reduce((sum, { ids }) => sum + ids.length, 0),
    );
    const { padId } = model.manifest.pieces;
    if (body.padding && padId === null) throw new ServiceError('invalid_input', 'this model has no token to pad with');
    const padded = body.padding ? pad(encodings, { padId: padId ?? 0 }) : encodings;
    return {
      input_ids: padded.map(({ ids }) => Array.from(ids)),
      attention_mask: padded.map(({ attentionMask }) => Array.from(attentionMask)),
      token_type_ids: padded.map(({ typeIds }) => Array.from(typeIds)),
      tokens: padded.map(({ ids }) => Array.from(ids, (id) => model.tokenizer.tokenOf(id) ?? '')),
      offsets: padded.map((encoding, i) => toPlaces(encoding, list[i] ?? '', body.offset_unit)),
    };
  },
};

/** Padding counts: it is in the answer. */
function checkTokens(encodings: readonly Encoding[], isPadded: boolean, { limits }: Context): void {
  const lengths = encodings.map(({ ids }) => ids.length);
  const tokens = isPadded ? lengths.length * Math.max(...lengths) : lengths.reduce((sum, length) => sum + length, 0);
  if (tokens <= limits.maxTokens) return;
  const what = isPadded ? 'tokens, padded to the longest' : 'tokens';
  throw new ServiceError('too_large', `the inputs have ${tokens} ${what}; one request takes ${limits.maxTokens}`);
}

const toInput = (item: z.output<typeof one>): TextInput =>
  typeof item === 'string' ? item : item.text_pair === undefined ? item.text : [item.text, item.text_pair];

/** [start, end) of each token in the text that it came from. */
function toPlaces({ offsets, sequenceIds }: Encoding, input: TextInput, unit: 'codepoint' | 'utf16') {
  const texts = typeof input === 'string' ? [input] : input;
  const positions = texts.map((text) => positionsIn(text, unit));
  return Array.from(sequenceIds, (sequence, i): [number, number] => {
    const [start = 0, end = 0] = offsets.subarray(2 * i, 2 * i + 2);
    const position = positions[sequence];
    return position ? [position(start), position(end)] : [0, 0];
  });
}

export default serve(tokenize);
