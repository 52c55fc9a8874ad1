// POST /v1/forward  {"model": "minilm-sst2", "inputs": ["I love it"]}  ->  {"logits": {"dims": [1, 2], "data": […]}, …}
//
// The bare model: every output of its graph, for texts (padded to the longest) or for ids that the caller made.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { checkAnswer, encodeAll, toFeeds } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import { graphOf, type Model } from '../shared/model/open-model.ts';
import type { Feeds, Session } from '../shared/runtime/session.ts';
import { fields, optional } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';

const text = z.string('must be a string');
const matrix = z.array(
  z.array(z.int('must be a whole number from 0').check(z.minimum(0)), 'must be a list of token ids'),
  'must be a list of lists of token ids',
);

const input = fields({
  inputs: optional(z.union([text, z.array(text)], 'must be a string or a list of strings'), null),
  input_ids: optional(matrix, null),
  attention_mask: optional(matrix, null),
  token_type_ids: optional(matrix, null),
});
const output = z.record(z.string(), z.object({ dims: z.array(z.int()), data: z.array(z.number()) }));

const SENT = ['input_ids', 'attention_mask', 'token_type_ids'];

type Input = z.output<typeof input>;

export const forward: Task<Input, z.output<typeof output>> = {
  name: 'forward',
  aliases: [],
  summary: 'The bare model: all outputs of its graph, for texts or for token ids',
  input,
  output,
  example: { model: 'minilm-sst2', inputs: ['I love it'] },
  models: 'any',
  async run(body, model, context) {
    checkInputs(model);
    const feeds = body.inputs === null ? fromIds(body, model, context) : fromTexts(body, body.inputs, model, context);
    return runRows(feeds, graphOf(model), context);
  },
};

/** What a decoder remembers from step to step is nothing that a caller can send. */
function checkInputs(model: Model): void {
  const { name, task } = model.manifest;
  const more = graphOf(model).inputs.find((input) => !SENT.includes(input));
  if (more === undefined) return;
  throw new ServiceError(
    'invalid_input',
    `model ${name} takes ${more} beside its tokens; ask it with POST /v1/${task}`,
  );
}

/** Runs row by row, as all tasks do: the memory of a run grows with its rows, and WASM memory never shrinks again. */
async function runRows(feeds: Feeds, session: Session, { meter, signal }: Context): Promise<z.output<typeof output>> {
  const rows = Object.values(feeds)[0]?.dims[0] ?? 0;
  const answer: z.output<typeof output> = {};
  for (let row = 0; row < rows; row++) {
    await scheduler.wait(0);
    signal.throwIfAborted();
    const fetched = Object.entries(await session.run(rowOf(feeds, row)));
    meter.count('runs', 1);
    checkAnswer(rows * fetched.reduce((sum, [, { data }]) => sum + data.length, 0));
    for (const [name, { dims, data }] of fetched) {
      const whole = answer[name] ?? { dims: [rows, ...dims.slice(1)], data: [] };
      answer[name] = whole;
      for (const value of data) whole.data.push(Number(value));
    }
  }
  return answer;
}

function rowOf(feeds: Feeds, row: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(
      ([
        name,
        {
          data,
          dims: [, ...rest],
        },
      ]) => {
        const size = rest.reduce((product, dim) => product * dim, 1);
        return [name, { data: data.slice(row * size, (row + 1) * size), dims: [1, ...rest] }];
      },
    ),
  );
}

function fromTexts(body: Input, inputs: string | string[], model: Model, context: Context): Feeds {
  if (body.input_ids !== null) throw new ServiceError('invalid_input', 'send either inputs or input_ids, not both');
  const beside = body.attention_mask ? 'attention_mask' : body.token_type_ids && 'token_type_ids';
  if (beside) throw new ServiceError('invalid_input', `${beside} goes with input_ids; inputs have their own`);
  if (inputs.length === 0) throw new ServiceError('invalid_input', 'inputs must have a text');
  const texts = typeof inputs === 'string' ? [inputs] : inputs;
  const encodings = encodeAll(model, texts, context, { cure: 'send a shorter text' });
  // Rows run as long as the longest is.
  const longest = Math.max(...encodings.map(({ ids }) => ids.length));
  checkTokens('inputs, padded to the longest, have', encodings.length * longest, context);
  return toFeeds(encodings, graphOf(model).inputs, model.manifest.pieces.padId ?? 0);
}

function fromIds(
  { input_ids: ids, attention_mask: mask, token_type_ids: types }: Input,
  model: Model,
  context: Context,
): Feeds {
  if (ids === null)
    throw new ServiceError('invalid_input', 'inputs must be a string or a list of strings, or send input_ids');
  const dims = [ids.length, ids[0]?.length ?? 0] as const;
  checkSize(dims, model, context);
  const size = model.tokenizer.vocabularySize;
  const given = { input_ids: ids, attention_mask: mask ?? filled(dims, 1), token_type_ids: types ?? filled(dims, 0) };
  const bounds = { input_ids: size, attention_mask: 2, token_type_ids: 2 };
  const feeds = Object.entries(given)
    .filter(([name]) => graphOf(model).inputs.includes(name))
    .map(([name, rows]) => [name, { data: toInt64(name, rows, dims, bounds[name as keyof typeof bounds]), dims }]);
  context.meter.count('tokens', dims[0] * dims[1]);
  context.meter.count('rows', dims[0]);
  return Object.fromEntries(feeds);
}

function checkSize(
  [rows, tokens]: readonly [number, number],
  { manifest: { maxLength } }: Model,
  context: Context,
): void {
  const { maxInputs } = context.limits;
  if (rows === 0 || tokens === 0) throw new ServiceError('invalid_input', 'input_ids must have a row, and a row an id');
  if (rows > maxInputs)
    throw new ServiceError('too_large', `input_ids has ${rows} rows; one request takes ${maxInputs}`);
  if (tokens > maxLength)
    throw new ServiceError('invalid_input', `input_ids[0] has ${tokens} tokens; this model takes ${maxLength}`);
  checkTokens('input_ids has', rows * tokens, context);
}

function checkTokens(what: string, tokens: number, { limits }: Context): void {
  if (tokens <= limits.maxTokens) return;
  throw new ServiceError('too_large', `${what} ${tokens} tokens; one request takes ${limits.maxTokens}`);
}

/** One flat tensor out of the rows. `bound`: what every value must be below, or the graph would read beyond its tables. */
function toInt64(
  name: string,
  rows: number[][],
  [height, width]: readonly [number, number],
  bound: number,
): BigInt64Array {
  if (rows.length !== height)
    throw new ServiceError('invalid_input', `${name} must have ${height} rows, as input_ids has`);
  rows.forEach((row, i) => {
    if (row.length !== width)
      throw new ServiceError('invalid_input', `${name}[${i}] must have ${width} entries, as input_ids[0] has`);
    const wrong = row.findIndex((value) => value >= bound);
    if (wrong >= 0)
      throw new ServiceError('invalid_input', `${name}[${i}][${wrong}] is ${row[wrong]}; it must be below ${bound}`);
  });
  return BigInt64Array.from(rows.flat(), BigInt);
}

const filled = ([rows, tokens]: readonly [number, number], value: number) =>
  Array.from({ length: rows }, () => Array<number>(tokens).fill(value));

export default serve(forward);
