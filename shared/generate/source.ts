// The encoder's side of an encoder and a decoder: it runs once, and every row of the decoder sees what it gave.

import { ServiceError } from '../errors.ts';
import { toFeeds } from '../forward.ts';
import type { Model } from '../model/open-model.ts';
import type { Tensor } from '../tensor.ts';
import type { Encoding } from '../tokenizer/encoding.ts';
import { ones, pickRows, type Source } from './decoding.ts';

/** The decoder's input that is what the encoder gave. */
export const STATES = 'encoder_hidden_states';

/** Runs the encoder on one text. */
export async function encodeSource({ sessions, manifest }: Model, encoding: Encoding): Promise<Source> {
  const { encoder } = sessions;
  if (!encoder) throw new ServiceError('internal', `model ${manifest.name} has no encoder`);
  const { last_hidden_state: hidden } = await encoder.run(toFeeds([encoding], encoder.inputs), ['last_hidden_state']);
  if (!(hidden?.data instanceof Float32Array)) throw new ServiceError('internal', 'the encoder gave no 32-bit floats');
  return { hidden: { data: hidden.data, dims: hidden.dims }, length: encoding.ids.length };
}

/**
 * The decoder's inputs that come from the source, for so many rows: each is made when it is wanted, and again only where there are other
 * rows than before.
 */
export function sourceFeedsOf(
  source: Source | null,
): (rows: number) => Record<string, () => Tensor<Float32Array | BigInt64Array>> {
  if (!source) return () => ({});
  const states = keepingLast((rows) => pickRows(source.hidden, Array(rows).fill(0)));
  const mask = keepingLast((rows) => ones(rows, source.length));
  return (rows) => ({ [STATES]: () => states(rows), encoder_attention_mask: () => mask(rows) });
}

function keepingLast<T>(make: (rows: number) => T): (rows: number) => T {
  let last: { readonly rows: number; readonly made: T } | undefined;
  return (rows) => {
    if (last?.rows !== rows) last = { rows, made: make(rows) };
    return last.made;
  };
}
