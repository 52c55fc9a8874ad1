// --task, --dtype, --engine and --attention: what a checkpoint leaves open, or is wanted otherwise.

import type { Engine } from '../../shared/model/manifest.ts';
import type { Choices } from '../checkpoint.ts';
import type { Attention } from '../engine/compile.ts';
import { type Dtype, toDtype } from '../layout.ts';
import { textOf, UsageError, type Values } from './command.ts';

export const CHOICE_OPTIONS = {
  task: { type: 'string' },
  dtype: { type: 'string' },
  engine: { type: 'string' },
  attention: { type: 'string' },
} as const;
/** As `--help` says the last two, in the column of the others. */
export const ENGINE_HELP = `--engine   edge or onnxruntime-web, whatever would be chosen: the project's own where it knows every operator
  --attention by the project's own engine: float, or int8 for texts of 32 tokens and more, which is faster and gives other last
             digits; what config.json says (int8_attention), or float`;

/** What was asked for. Throws where it is none of what there is. */
export function choicesOf(values: Values): Choices {
  return {
    task: textOf(values, 'task'),
    engine: engineOf(values),
    attention: attentionOf(values),
    dtype: dtypeOf(values),
  };
}

function engineOf(values: Values): Engine['name'] | undefined {
  const name = textOf(values, 'engine');
  if (name === undefined || name === 'edge' || name === 'onnxruntime-web') return name;
  throw new UsageError(`--engine is ${name}; it takes edge or onnxruntime-web`);
}

function attentionOf(values: Values): Attention | undefined {
  const name = textOf(values, 'attention');
  if (name === undefined || name === 'float' || name === 'int8') return name;
  throw new UsageError(`--attention is ${name}; it takes float or int8`);
}

function dtypeOf(values: Values): Dtype | undefined {
  const name = textOf(values, 'dtype');
  try {
    return name === undefined ? undefined : toDtype(name);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
