// Which steps some outputs need, and what each uses: the same at every shape, so it is found once.

import { ABSENT, type ProgramFunction, STEP_NORM, type Step } from './program.ts';

interface Ordered {
  readonly index: number;
  readonly step: Step;
  /** What it reads and writes, each once. */
  readonly buffers: readonly number[];
}

export interface Order {
  readonly steps: readonly Ordered[];
  /** The step that uses a buffer last; none for what comes out. */
  readonly lastUse: ReadonlyMap<number, number>;
}

const orders = new WeakMap<ProgramFunction, Map<string, Order>>();
/** Callers ask for the same few outputs again and again. */
const MOST_ORDERS = 16;

/** `outputs`: numbers of those that are wanted. */
export function toOrder(code: ProgramFunction, outputs: readonly number[]): Order {
  const known = orders.get(code) ?? new Map<string, Order>();
  orders.set(code, known);
  const key = outputs.join();
  const order = known.get(key) ?? findOrder(code, outputs);
  if (known.size >= MOST_ORDERS) known.clear();
  known.set(key, order);
  return order;
}

function findOrder(code: ProgramFunction, outputs: readonly number[]): Order {
  const bufferOf = (view: number | undefined) => code.views[view ?? ABSENT]?.buffer;
  const wanted = new Set(outputs.map((output) => code.outputs[output]?.buffer));
  const steps: Ordered[] = [];
  const lastUse = new Map<number, number>();
  for (const [index, step] of [...code.steps.entries()].reverse()) {
    if (!written(step).some((view) => wanted.has(bufferOf(view)))) continue;
    const buffers = [...new Set(step.views.flatMap((view) => bufferOf(view) ?? []))];
    steps.push({ index, step, buffers });
    for (const buffer of buffers) {
      wanted.add(buffer);
      if (!lastUse.has(buffer)) lastUse.set(buffer, index);
    }
  }
  for (const output of outputs) lastUse.delete(code.outputs[output]?.buffer ?? ABSENT);
  return { steps: steps.reverse(), lastUse };
}

/** Views that a step writes: its first, and the second of a norm, which is its sum. */
function written({ kind, views: [out, sum] }: Step): readonly number[] {
  return [out, kind === STEP_NORM ? sum : undefined].flatMap((view) =>
    view === undefined || view === ABSENT ? [] : view,
  );
}
