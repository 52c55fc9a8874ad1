// A program as a person reads it: each step with its shapes, its weights, its share of the work, and the ONNX nodes that it stands for.

import { NONE } from '../../shared/runtime/engine/command-format.ts';
import type { ProgramFunction, Step } from '../../shared/runtime/engine/program.ts';
import * as p from '../../shared/runtime/engine/program.ts';
import { evaluateSizes } from '../../shared/runtime/engine/sizes.ts';
import { weightBytes } from '../../shared/runtime/engine/weight-bytes.ts';
import type { Compiled } from './compile.ts';
import type { Lowered } from './lower.ts';
import { OPERATIONS } from './operation-names.ts';
import { KEPT } from './size-table.ts';

const NAMES: Readonly<Record<number, string>> = {
  [p.STEP_COPY]: 'copy',
  [p.STEP_RANGE]: 'range',
  [p.STEP_UNARY]: 'unary',
  [p.STEP_BINARY]: 'binary',
  [p.STEP_SELECT]: 'select',
  [p.STEP_GATHER]: 'gather',
  [p.STEP_GATHER_I8]: 'gather int8',
  [p.STEP_GATHER_BLOCKS]: 'gather',
  [p.STEP_TRILU]: 'trilu',
  [p.STEP_CUMULATIVE_SUM]: 'cumulative sum',
  [p.STEP_SCATTER]: 'scatter',
  [p.STEP_REDUCE]: 'reduce',
  [p.STEP_SOFTMAX]: 'softmax',
  [p.STEP_NORM]: 'norm',
  [p.STEP_MATMUL]: 'matmul',
  [p.STEP_ATTENTION]: 'attention',
  [p.STEP_ATTENTION_I8]: 'attention int8',
};
/** By the kind of its weights. */
const LINEAR = ['linear', 'linear int8', 'linear int4'];
/** More of the names that a step stands for would fill the screen. */
const MOST_NAMES = 4;

/** Lines of text. `tokens`: those of the example by which work is shared out. */
export function explain({ program, lowered, front }: Compiled, tokens: number): string[] {
  const bytes = front.byteLength + program.imageBytes;
  const file = `${megabytes(bytes)}: ${front.byteLength / 1000} kB of program, the rest weights`;
  return [file, ...lowered.flatMap((each) => explainFunction(each, tokens))];
}

function explainFunction({ code, from, sizeTexts }: Lowered, tokens: number): string[] {
  const dims = (sizes: readonly number[]) => `[${sizes.map((size) => sizeTexts[size]).join(', ')}]`;
  const inputs = exampleInputs(code, sizeTexts, tokens);
  const sizes = evaluateSizes(code.sizes, { inputs, capacity: tokens + 1, pastCapacity: tokens + 1 });
  const work = code.steps.map((step) => multiplyAdds(step, code, sizes));
  const total = work.reduce((sum, each) => sum + each, 0);
  const isKept = code.sizes.some(({ kind }) => kind === 'kept');
  const signature = (list: readonly { readonly name: string; readonly dims: readonly number[] }[]) =>
    list.map(({ name, dims: own }) => `${name}${dims(own)}`).join(', ');
  const condition = code.condition
    ? ` where ${code.inputs[code.condition.input]?.name} is ${code.condition.value}`
    : '';
  return [
    '',
    `${code.graph}${condition}: ${signature(code.inputs)}`,
    `  -> ${signature(code.outputs)}`,
    `  ${(total / 1e6).toFixed(0)} million multiply-adds with ${inputs.map((own, i) => `${code.inputs[i]?.name} [${own}]`).join(', ')}`,
    ...(isKept ? [`  ${KEPT}: of the logits, as a run asks for; here all`] : []),
    ...code.steps.map((step, i) => {
      const [out, ...others] = step.views
        .filter((view) => view !== p.ABSENT)
        .map((view) => dims(code.views[view]?.dims ?? []));
      const share = total > 0 ? `${((100 * (work[i] ?? 0)) / total).toFixed(1)} %` : '';
      const weights = weightBytes(step.kind, step.words).reduce((sum, [, bytes]) => sum + bytes, 0);
      return [
        String(i).padStart(5),
        nameOf(step).padEnd(25),
        share.padStart(7),
        (weights > 0 ? megabytes(weights) : '').padStart(9),
        ` ${others.slice(0, 3).join(' ')} -> ${out}`,
        `  ${names(from[i] ?? [])}`,
      ].join(' ');
    }),
  ];
}

/** The kind, or the operation where that says more; of a layer also whether its rows become bytes, and its activation. */
function nameOf({ kind, words }: Step): string {
  const [first = 0, , , activation = 0, weights = 0] = words;
  if (kind === p.STEP_UNARY) return OPERATIONS.unary[first] ?? 'unary';
  if (kind === p.STEP_BINARY) return OPERATIONS.binary[first] ?? 'binary';
  if (kind === p.STEP_GATHER_BLOCKS) return `gather int${words[3]} by ${words[4]}`;
  if (kind !== p.STEP_LINEAR) return NAMES[kind] ?? '';
  const name = LINEAR[weights] ?? '';
  return activation === NONE ? name : `${name}, ${OPERATIONS.unary[activation]}`;
}

function names(list: readonly string[]): string {
  const more = list.length > MOST_NAMES ? ` and ${list.length - MOST_NAMES} more` : '';
  return list.length > 0 ? `from ${list.slice(0, MOST_NAMES).join(', ')}${more}` : '';
}

/** One text of so many tokens; behind a cache, one token after as many. */
function exampleInputs(code: ProgramFunction, texts: readonly string[], tokens: number): number[][] {
  const hasPast = texts.some((text) => text.includes('past'));
  const of = (text: string): number => {
    if (text.includes('batch')) return 1;
    if (text.includes('past')) return tokens;
    if (text.includes('total')) return hasPast ? tokens + 1 : tokens;
    return hasPast && !text.includes('encoder') ? 1 : tokens;
  };
  return code.inputs.map(({ dims }) =>
    dims.map((size) => {
      const entry = code.sizes[size];
      return entry?.kind === 'constant' ? entry.value : of(texts[size] ?? '');
    }),
  );
}

function multiplyAdds(step: Step, code: ProgramFunction, sizes: readonly number[]): number {
  const dimsOf = (index: number) => code.views[step.views[index] ?? -1]?.dims.map((size) => sizes[size] ?? 0) ?? [];
  const count = (index: number) => dimsOf(index).reduce((x, y) => x * y, 1);
  if (step.kind === p.STEP_LINEAR) return count(0) * (step.words[2] ?? 0);
  if (step.kind === p.STEP_MATMUL) return count(0) * (dimsOf(1).at(-1) ?? 0);
  // Scores, and values by their weights.
  if (step.kind === p.STEP_ATTENTION || step.kind === p.STEP_ATTENTION_I8) return 2 * count(1) * (dimsOf(2)[2] ?? 0);
  return 0;
}

const megabytes = (bytes: number) =>
  bytes < 1e5 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
