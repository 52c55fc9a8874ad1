// POST /v1/detokenize  {"input_ids": [[2, 43, 815, 76, 3]], "model": "minilm-sst2", "skip_special_tokens": true}
//   ->  {"texts": ["i love it"]}

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { serve } from '../shared/http/serve.ts';
import type { TextModel } from '../shared/model/tokenizer-store.ts';
import { fields, optional } from '../shared/schema.ts';
import type { Task } from '../shared/task.ts';

const id = z.int('must be a token id').check(z.minimum(0, 'must be a token id'));
const input = fields({
  input_ids: z.union([z.array(z.array(id)), z.array(id)], 'must be a list of token ids, or a list of such lists'),
  skip_special_tokens: optional(z.boolean('must be true or false'), false),
  clean_up_tokenization_spaces: optional(z.boolean('must be true or false'), null),
});
const output = z.object({ texts: z.array(z.string()) });

export const detokenize: Task<z.output<typeof input>, z.output<typeof output>, TextModel> = {
  name: 'detokenize',
  aliases: [],
  summary: 'Token ids to text',
  input,
  output,
  example: { model: 'minilm-sst2', input_ids: [[2, 5, 3]], skip_special_tokens: true },
  models: 'tokenizer',
  async run({ input_ids: ids, skip_special_tokens, clean_up_tokenization_spaces: cleanUp }, model, { limits, meter }) {
    const rows = toRows(ids);
    const tokens = rows.reduce((sum, row) => sum + row.length, 0);
    if (tokens > limits.maxTokens) {
      throw new ServiceError('too_large', `input_ids has ${tokens} tokens; one request takes ${limits.maxTokens}`);
    }
    meter.count('tokens', tokens);
    const size = model.tokenizer.vocabularySize;
    const texts = rows.map((row, i) => {
      const wrong = row.findIndex((each) => each >= size);
      if (wrong >= 0) {
        const message = `input_ids[${i}][${wrong}] is ${row[wrong]}; the ids of this model are below ${size}`;
        throw new ServiceError('invalid_input', message);
      }
      return model.decoder.decode(row, {
        skipSpecialTokens: skip_special_tokens,
        ...(cleanUp !== null && { cleanUpTokenizationSpaces: cleanUp }),
      });
    });
    return { texts };
  },
};

/** A list of ids is one row. */
function toRows(ids: number[] | number[][]): number[][] {
  const isRow = (item: number | number[]): item is number[] => Array.isArray(item);
  return ids.some(isRow) || ids.length === 0 ? (ids as number[][]) : [ids as number[]];
}

export default serve(detokenize);
