// --engine, --attention and --dtype

import type { Engine } from '../../shared/model/manifest.ts';
import type { Attention } from '../engine/compile.ts';
import { type Dtype, toDtype } from '../layout.ts';
import { textOf, UsageError, type Values } from './command.ts';

/** The engine that was asked for. Throws where it is none. */
export function engineOf(values: Values): Engine['name'] | undefined {
  const name = textOf(values, 'engine');
  if (name === undefined || name === 'edge' || name === 'onnxruntime-web') return name;
  throw new UsageError(`--engine is ${name}; it takes edge or onnxruntime-web`);
}

/** How attention is to be computed, where that was asked for. Throws where it is no way to. */
export function attentionOf(values: Values): Attention | undefined {
  const name = textOf(values, 'attention');
  if (name === undefined || name === 'float' || name === 'int8') return name;
  throw new UsageError(`--attention is ${name}; it takes float or int8`);
}

/** The type of weights that was asked for. Throws where it is none. */
export function dtypeOf(values: Values): Dtype | undefined {
  const name = textOf(values, 'dtype');
  try {
    return name === undefined ? undefined : toDtype(name);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
