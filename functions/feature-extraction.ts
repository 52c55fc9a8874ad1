// POST /v1/feature-extraction  {"inputs": "Today is a sunny day"}  ->  [0.031, -0.012, …]
//
// What pooling, normalizing and prompts a checkpoint wants, it says itself, in the files of sentence-transformers.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { checkAnswer, forward } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Manifest } from '../shared/model/manifest.ts';
import { normalize, pool } from '../shared/pooling.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Task } from '../shared/task.ts';
import type { Tensor } from '../shared/tensor.ts';

const choice = <const T extends readonly string[]>(values: T) => z.enum(values, `must be ${values.join(', ')}`);
const shape = {
  pooling: optional(choice(['mean', 'cls', 'last', 'none']), null),
  normalize: optional(z.boolean('must be true or false'), null),
  truncate: optional(z.boolean('must be true or false'), null),
  truncation_direction: optional(choice(['left', 'right', 'Left', 'Right']), null),
  prompt_name: optional(z.string('must be the name of a prompt'), null),
  dimensions: optional(z.int('must be a whole number from 1').check(z.minimum(1)), null),
  encoding_format: optional(choice(['float', 'base64']), null),
};
const parameters = fields(shape);
const input = fields({
  inputs: texts,
  ...shape,
  parameters: optional(parameters, parameters.parse({})),
});
const vector = z.union([z.array(z.number()), z.string()]);
const output = z.union([vector, z.array(vector), z.array(z.array(z.array(z.number())))]);

type Parameters = z.output<typeof parameters>;

export const featureExtraction: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'feature-extraction',
  aliases: [],
  summary: 'The embedding of a text; pooling "none" gives the hidden state of each token',
  input,
  output,
  example: { inputs: 'Today is a sunny day' },
  models: 'own',
  async run({ inputs, parameters: nested, ...root }, model, context) {
    const settings = settle(root, nested, model.manifest);
    const list = (typeof inputs === 'string' ? [inputs] : inputs).map((text) => settings.prompt + text);
    const { direction, pooling } = settings;
    const cut = { strategy: 'longest_first', maxLength: model.manifest.maxLength, direction } as const;
    const embed = <T>(read: (state: Tensor) => T) => {
      const fit = { truncation: settings.truncate ? cut : undefined, cure: 'set truncate to cut it' };
      return forward(model, list, ['last_hidden_state'], context, (row) => read(row.last_hidden_state), fit);
    };
    if (pooling === 'none') {
      let numbers = 0;
      return embed((state) => {
        numbers += state.data.length;
        checkAnswer(numbers);
        return toLists(state);
      });
    }
    const vectors = await embed((state) => {
      const pooled = toDimensions(pool(state, pooling), settings.dimensions);
      const scaled = settings.normalize ? normalize(pooled) : pooled;
      return settings.base64 ? toBase64(scaled) : Array.from(scaled);
    });
    return typeof inputs === 'string' ? (vectors[0] ?? []) : vectors;
  },
};

/** What was asked for at the root or in `parameters`, then what the checkpoint says of itself, then the defaults. */
function settle(root: Parameters, nested: Parameters, { embedding, name, truncationSide }: Manifest) {
  const prompt = nested.prompt_name ?? root.prompt_name ?? embedding?.defaultPrompt ?? null;
  const prompts = embedding?.prompts ?? {};
  if (prompt !== null && !Object.hasOwn(prompts, prompt)) {
    const names = Object.keys(prompts).join(', ') || 'none';
    throw new ServiceError(
      'invalid_input',
      `parameters.prompt_name is ${prompt}; the prompts of model ${name}: ${names}`,
    );
  }
  const pooling = nested.pooling ?? root.pooling ?? embedding?.pooling ?? 'mean';
  const dimensions = nested.dimensions ?? root.dimensions;
  const base64 = (nested.encoding_format ?? root.encoding_format) === 'base64';
  if (pooling === 'none' && (dimensions !== null || base64)) {
    const message = 'parameters.pooling "none" gives hidden states; dimensions and encoding_format go with a pooling';
    throw new ServiceError('invalid_input', message);
  }
  const direction = nested.truncation_direction ?? root.truncation_direction ?? truncationSide ?? 'right';
  return {
    prompt: prompt === null ? '' : (prompts[prompt] ?? ''),
    pooling,
    normalize: nested.normalize ?? root.normalize ?? embedding?.normalize ?? true,
    truncate: nested.truncate ?? root.truncate ?? false,
    direction: direction.toLowerCase() === 'left' ? ('left' as const) : ('right' as const),
    dimensions,
    base64,
  };
}

function toDimensions(vector: Float32Array, dimensions: number | null): Float32Array {
  if (dimensions === null) return vector;
  if (dimensions <= vector.length) return vector.subarray(0, dimensions);
  throw new ServiceError(
    'invalid_input',
    `parameters.dimensions is ${dimensions}; the embeddings of this model have ${vector.length}`,
  );
}

/** Hidden states of one text, token by token. */
function toLists({ data, dims: [tokens = 0, size = 0] }: Tensor): number[][] {
  return Array.from({ length: tokens }, (_, i) => Array.from(data.subarray(i * size, (i + 1) * size)));
}

/** The 32-bit floats, little-endian, as OpenAI's clients read them. */
function toBase64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

export default serve(featureExtraction);
