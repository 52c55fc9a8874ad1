// --task, --dtype, --engine, --attention and --weights: what a checkpoint leaves open, or is wanted otherwise.

import type { Choices } from '../checkpoint.ts';
import { type Dtype, toDtype } from '../layout.ts';
import { textOf, UsageError, type Values } from './command.ts';

export const CHOICE_OPTIONS = {
  task: { type: 'string' },
  dtype: { type: 'string' },
  engine: { type: 'string' },
  attention: { type: 'string' },
  weights: { type: 'string' },
} as const;
/** As `--help` says the last three, in the column of the others. */
export const ENGINE_HELP = `--engine   edge or onnxruntime-web, whatever would be chosen: the project's own where it knows every operator
  --attention by the project's own engine: float, or int8 for texts of 32 tokens and more, which is faster and gives other last
             digits; what config.json says (int8_attention), or float
  --weights  by the project's own engine: given, as the graphs have them, or int4, which is half the bytes of int8 and less exact; what
             config.json says (int4_weights), or given`;

/** What was asked for. Throws where it is none of what there is. */
export function choicesOf(values: Values): Choices {
  return {
    task: textOf(values, 'task'),
    engine: oneOf(values, 'engine', ['edge', 'onnxruntime-web']),
    attention: oneOf(values, 'attention', ['float', 'int8']),
    weights: oneOf(values, 'weights', ['given', 'int4']),
    dtype: dtypeOf(values),
  };
}

function oneOf<T extends string>(values: Values, flag: string, known: readonly T[]): T | undefined {
  const name = textOf(values, flag);
  const found = known.find((each) => each === name);
  if (name !== undefined && found === undefined)
    throw new UsageError(`--${flag} is ${name}; it takes ${known.join(' or ')}`);
  return found;
}

function dtypeOf(values: Values): Dtype | undefined {
  const name = textOf(values, 'dtype');
  try {
    return name === undefined ? undefined : toDtype(name);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
