// Text in, one row of each output per text out. Tasks never see a batch or padding.
//
// Rows run one by one: on one thread a batch gains little (`npm run bench -- batch`), and in a graph quantized by
// DynamicQuantizeLinear its one scale over the whole tensor would let a row's neighbours move its answer.

import { ServiceError } from './errors.ts';
import type { Model } from './model/open-model.ts';
import type { Feeds } from './runtime/session.ts';
import type { Context } from './task.ts';
import type { Tensor, TensorData } from './tensor.ts';
import type { Encoding, TextInput, Truncation } from './tokenizer/tokenizer.ts';

/** One text's outputs, the batch dimension taken off: `logits` is [labels], `last_hidden_state` [tokens, hidden]. */
export type Row<K extends string> = Readonly<Record<K, Tensor>>;

/**
 * Runs the model on each input and returns its rows in the same order.
 * Throws `invalid_input` for an input longer than the model takes, `too_large` when all together are over the budget.
 */
export async function forward<K extends string>(
  model: Model,
  inputs: readonly TextInput[],
  outputs: readonly K[],
  context: Context,
  truncation?: Truncation,
): Promise<readonly Row<K>[]> {
  const rows: Row<K>[] = [];
  for (const encoding of encodeAll(model, inputs, context, truncation)) {
    // A run never gives way by itself: without this the news that the client has left would wait until the last row.
    if (rows.length > 0) await scheduler.wait(0);
    context.signal.throwIfAborted();
    const fetched = await model.sessions.model.run(toFeeds([encoding], model.sessions.model.inputs), outputs);
    context.meter.count('runs', 1);
    rows.push(Object.fromEntries(outputs.map((name) => [name, toRow(name, fetched[name])])) as Row<K>);
  }
  return rows;
}

/** Encodes inputs within the limits of model and request, and counts their tokens. Errors as of `forward`. */
export function encodeAll(
  model: Model,
  inputs: readonly TextInput[],
  { meter, limits }: Context,
  truncation?: Truncation,
): readonly Encoding[] {
  const { maxLength } = model.manifest;
  let tokens = 0;
  const encodings = inputs.map((input, index) => {
    const [encoding] = model.tokenizer.encode(input, truncation ? { truncation } : {});
    if (!encoding) throw new ServiceError('internal', 'the tokenizer gave no encoding');
    const { length } = encoding.ids;
    if (length > maxLength) {
      const message = `inputs[${index}] has ${length} tokens; this model takes ${maxLength} (set parameters.truncation to cut it)`;
      throw new ServiceError('invalid_input', message);
    }
    tokens += length;
    if (tokens > limits.maxTokens) {
      throw new ServiceError(
        'too_large',
        `the inputs have more than ${limits.maxTokens} tokens together; send fewer a request`,
      );
    }
    return encoding;
  });
  meter.count('tokens', tokens);
  meter.count('rows', encodings.length);
  return encodings;
}

/** The encodings as a batch, padded on the right to the longest; only the inputs that the graph has are fed. */
export function toFeeds(encodings: readonly Encoding[], names: readonly string[], padId = 0): Feeds {
  const length = Math.max(0, ...encodings.map(({ ids }) => ids.length));
  const dims = [encodings.length, length];
  const batch = (valuesOf: (encoding: Encoding) => ArrayLike<number>, padding: number) => {
    const data = new BigInt64Array(encodings.length * length).fill(BigInt(padding));
    encodings.forEach((encoding, row) => {
      data.set(Array.from(valuesOf(encoding), BigInt), row * length);
    });
    return { data, dims };
  };
  const inputs = {
    input_ids: () => batch(({ ids }) => ids, padId),
    attention_mask: () => batch(({ attentionMask }) => attentionMask, 0),
    token_type_ids: () => batch(({ typeIds }) => typeIds, 0),
  };
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => names.includes(name))
      .map(([name, make]) => [name, make()]),
  );
}

function toRow(name: string, tensor: Tensor<TensorData> | undefined): Tensor {
  if (tensor?.data instanceof Float32Array) return { data: tensor.data, dims: tensor.dims.slice(1) };
  throw new ServiceError('internal', `output ${name} is not made of 32-bit floats`);
}
