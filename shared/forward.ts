// Text in, one row of each output per text out. Tasks never see a batch or padding.
//
// Rows run one by one: on one thread a batch gains little (`npm run bench -- batch`), and in a graph quantized by
// DynamicQuantizeLinear its one scale over the whole tensor would let a row's neighbours move its answer.

import { ServiceError } from './errors.ts';
import { graphOf, type Model } from './model/open-model.ts';
import type { Feeds, RowWindow } from './runtime/session.ts';
import type { Context } from './task.ts';
import type { Tensor, TensorData } from './tensor.ts';
import type { Encoding, TextInput, Truncation } from './tokenizer/tokenizer.ts';

/** A pause costs a millisecond, which is much beside a row of a few tokens. */
const TOKENS_BETWEEN_PAUSES = 256;
/** Of the isolate, whose requests share one thread: what has been run since other work had its turn. */
let tokensSincePause = 0;

/** One text's outputs, the batch dimension taken off: `logits` is [labels], `last_hidden_state` [tokens, hidden]. */
export type Row<K extends string> = Readonly<Record<K, Tensor>>;

/** How inputs longer than the model are met: cut, or refused with what its caller can do instead. */
export interface Fit {
  readonly truncation?: Truncation | undefined;
  /** In the caller's words: "set parameters.truncation to cut it". */
  readonly cure: string;
}

/** What is kept of a text's outputs. They are gone when the next text is run: those of many would not fit in an isolate. */
export type Read<K extends string, T> = (row: Row<K>, index: number) => T;

/**
 * Runs the model on each input and returns what `read` makes of its row, in the same order.
 * Throws `invalid_input` for an input without tokens or longer than the model takes, `too_large` when all together are over the budget.
 */
export function forward<K extends string, T>(
  model: Model,
  inputs: readonly TextInput[],
  outputs: readonly K[],
  context: Context,
  read: Read<K, T>,
  fit: Fit,
): Promise<T[]> {
  return forwardEncoded(model, encodeAll(model, inputs, context, fit), outputs, context, read);
}

/** The same for what is encoded already, as it is by tasks that ask where a token came from. `keep`: the rows of `logits` that are read of each. */
export async function forwardEncoded<K extends string, T>(
  model: Model,
  encodings: readonly Encoding[],
  outputs: readonly K[],
  context: Context,
  read: Read<K, T>,
  keep?: (index: number) => RowWindow,
): Promise<T[]> {
  const session = graphOf(model);
  const results: T[] = [];
  for (const [index, encoding] of encodings.entries()) {
    await giveWay();
    context.signal.throwIfAborted();
    tokensSincePause += encoding.ids.length;
    const fetched = await session.run(toFeeds([encoding], session.inputs), outputs, keep?.(index));
    context.meter.count('runs', 1);
    results.push(read(Object.fromEntries(outputs.map((name) => [name, toRow(name, fetched[name])])) as Row<K>, index));
  }
  return results;
}

/** A run never gives way by itself: without this other requests, and the news that a client has left, would wait until the last row. */
async function giveWay(): Promise<void> {
  if (tokensSincePause <= TOKENS_BETWEEN_PAUSES) return;
  tokensSincePause = 0;
  await scheduler.wait(0);
}

/** Encodes inputs within the limits of model and request, and counts their tokens. Errors as of `forward`. */
export function encodeAll(
  model: Model,
  inputs: readonly TextInput[],
  context: Context,
  { truncation, cure }: Fit,
): readonly Encoding[] {
  return inputs.flatMap((input, i) =>
    admit(model, model.tokenizer.encode(input, truncation ? { truncation } : {}), `inputs[${i}]`, cure, context),
  );
}

/**
 * Lets in what one input became, its only encoding or its windows, within the limits of model and request, and counts it.
 * `name` and `cure` are for the message to those whose input is too long.
 */
export function admit(
  model: Model,
  encodings: readonly Encoding[],
  name: string,
  cure: string,
  { meter, limits }: Context,
): readonly Encoding[] {
  const { maxLength } = model.manifest;
  for (const { ids } of encodings) {
    // Where the tokenizer adds none of its own. Means and last tokens of nothing would be made up; the reference fails at such a run.
    if (ids.length === 0) throw new ServiceError('invalid_input', `${name} has no tokens; send a text that has some`);
    if (ids.length > maxLength) {
      const message = `${name} has ${ids.length} tokens; this model takes ${maxLength} (${cure})`;
      throw new ServiceError('invalid_input', message);
    }
    meter.count('tokens', ids.length);
    if (meter.counted('tokens') > limits.maxTokens) {
      const message = `the inputs have more than ${limits.maxTokens} tokens together; send fewer a request`;
      throw new ServiceError('too_large', message);
    }
  }
  meter.count('rows', encodings.length);
  return encodings;
}

/** Numbers that one answer may have. As JSON each takes about 20 bytes. */
const MOST_NUMBERS = 2 ** 20;

/** Throws `too_large` for an answer that would not fit beside the models in an isolate's memory. */
export function checkAnswer(numbers: number): void {
  if (numbers <= MOST_NUMBERS) return;
  const message = `the answer has ${numbers} numbers; one answer takes ${MOST_NUMBERS}, so send fewer or shorter inputs`;
  throw new ServiceError('too_large', message);
}

/** Answers with texts of their own that one request may have: each is about as long as what was sent. */
const MOST_ANSWERS = 10_000;

/** Throws `too_large` where so many `things` with so many answers each, which `top_k` bounds, are more than an isolate can hold. */
export function checkAnswers(count: number, things: string, each: number): void {
  if (count * each <= MOST_ANSWERS) return;
  const message = `${count} ${things} with ${each} answers each are ${count * each}; one request takes ${MOST_ANSWERS} (lower parameters.top_k)`;
  throw new ServiceError('too_large', message);
}

/** UTF-16 units that the texts of one answer may have: in JSON, and then as bytes, they take several times as much. */
const MOST_CHARACTERS = 2 ** 22;

/** Throws `too_large` for answers whose texts are longer together, however few: a word that a model does not know may be a megabyte. */
export function checkCharacters(characters: number, cure: string): void {
  if (characters <= MOST_CHARACTERS) return;
  const message = `the answers have ${characters} characters together; one request takes ${MOST_CHARACTERS} (${cure})`;
  throw new ServiceError('too_large', message);
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
