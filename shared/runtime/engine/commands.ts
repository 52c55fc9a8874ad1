// Steps of a program as commands, with shapes that are numbers and places that are addresses.

import { attention } from './attention-commands.ts';
import {
  binary,
  copy,
  cumulativeSum,
  gather,
  gatherBlocks,
  gatherBytes,
  range,
  scatter,
  select,
  trilu,
  unary,
} from './element-commands.ts';
import { damagedStep, type StepContext } from './placed.ts';
import { linear, matmul, norm, reduce, softmax } from './product-commands.ts';
import type { Step } from './program.ts';
import * as p from './program.ts';

type Writer = (step: Step, context: StepContext) => readonly number[];

/** Words of the commands for a step. Throws `model_unavailable` where it is not what its kind says. */
export function toCommands(step: Step, context: StepContext): readonly number[] {
  const writer = WRITERS[step.kind];
  if (!writer) throw damagedStep(`it has a step of kind ${step.kind}`);
  return writer(step, context);
}

const WRITERS: Readonly<Record<number, Writer>> = {
  [p.STEP_COPY]: copy,
  [p.STEP_RANGE]: range,
  [p.STEP_UNARY]: unary,
  [p.STEP_BINARY]: binary,
  [p.STEP_SELECT]: select,
  [p.STEP_GATHER]: gather,
  [p.STEP_GATHER_I8]: gatherBytes,
  [p.STEP_GATHER_BLOCKS]: gatherBlocks,
  [p.STEP_TRILU]: trilu,
  [p.STEP_CUMULATIVE_SUM]: cumulativeSum,
  [p.STEP_SCATTER]: scatter,
  [p.STEP_REDUCE]: reduce,
  [p.STEP_SOFTMAX]: softmax,
  [p.STEP_NORM]: norm,
  [p.STEP_LINEAR]: linear,
  [p.STEP_MATMUL]: matmul,
  [p.STEP_ATTENTION]: attention,
  [p.STEP_ATTENTION_I8]: attention,
};
