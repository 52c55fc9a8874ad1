// Attention (Vaswani et al. 2017), from the product of queries and keys to the weighted sum of values. What exporters put between the
// product and its softmax (scales, masks, biases of distance) stays what it is, as steps on the scores.

import {
  ADD,
  DIV,
  MUL,
  NOT,
  SCORES_ADD,
  SCORES_KEEP,
  SCORES_MUL,
} from '../../../shared/runtime/engine/command-format.ts';
import { isEqual, ONE, product as productOfDims } from '../dim.ts';
import { isEqualList, isEqualView, type Node, type ScoresStep, type View, whole } from '../ir.ts';
import { expand, transpose } from '../views.ts';
import { numberOf, unrepeated } from './factors.ts';
import { weightsOf } from './not-a-number.ts';
import { isWhole, type NodeOf, type Rewriter } from './rewriter.ts';

/** `isInt8`: whether their products are to be computed in bytes. */
export function fuseAttention(rewriter: Rewriter, isInt8: boolean): void {
  for (const product of rewriter.nodes('matmul')) {
    const [weights, values] = product.inputs;
    const { softmax, isGuarded = false } = (weights && weightsOf(rewriter, weights)) ?? {};
    if (!softmax || softmax.operation.isLog || !weights || !values || !rewriter.has(product)) continue;
    // Queries of heads that share keys may lie as further rows of one head.
    if (!isEqualList(weights.dims, softmax.output.dims)) continue;
    const scores = scoresOf(rewriter, softmax);
    if (!scores || scores.q.dims.length > 4 || scores.q.dims.length < 3) continue;
    const layout = layoutOf(rewriter, product);
    const from = [...scores.from, ...softmax.from, ...product.from, ...(layout.copy?.from ?? [])];
    const attention: Node = {
      operation: {
        kind: 'attention',
        scale: scores.scale,
        steps: scores.steps.map(({ kind, fill }) => ({ kind, fill })),
        isInt8,
        isGuarded,
      },
      inputs: [scores.q, scores.k, values, ...scores.steps.map(({ tensor }) => tensor)].map(
        (view) => view && toFour(view),
      ),
      output: toFour(layout.output),
      from,
    };
    rewriter.replace([product, ...(layout.copy ? [layout.copy] : [])], [...scores.fresh, attention]);
  }
}

/** Without a batch there is a batch of one. */
function toFour(view: View): View {
  if (view.dims.length === 4) return view;
  return { ...view, dims: [ONE, ...view.dims], strides: [ONE, ...view.strides] };
}

interface Scores {
  readonly q: View;
  readonly k: View;
  readonly scale: number;
  readonly steps: readonly Step[];
  /** Nodes that the steps need. */
  readonly fresh: readonly Node[];
  readonly from: readonly string[];
}

function scoresOf(rewriter: Rewriter, softmax: NodeOf<'softmax'>): Scores | undefined {
  const steps: Step[] = [];
  const from: string[] = [];
  let at = softmax.inputs[0] ?? undefined;
  // From the softmax back to the product.
  for (;;) {
    if (!at || !rewriter.isReadOnce(at.buffer)) return undefined;
    const node = rewriter.writer(at);
    if (!node || !isEqualView(node.output, at)) return undefined;
    from.unshift(...node.from);
    if (node.operation.kind === 'matmul') return productOf(rewriter, node, steps, from);
    const step = stepOf(rewriter, node);
    if (!step) return undefined;
    steps.unshift(step);
    at = step.next;
  }
}

interface Step extends ScoresStep {
  /** The scores before. */
  readonly next: View;
  readonly tensor: View;
  readonly number?: number;
  readonly fresh?: Node;
}

function stepOf(rewriter: Rewriter, node: Node): Step | undefined {
  const [a, b, c] = node.inputs;
  const { operation } = node;
  if (operation.kind === 'select') return a && b && c ? keepStep(rewriter, node, a, b, c) : undefined;
  if (operation.kind !== 'binary' || !a || !b) return undefined;
  const number = numberOf(b);
  if (operation.operation === DIV && number) return timesNumber(a, 1 / number);
  if (operation.operation !== ADD && operation.operation !== MUL) return undefined;
  const [next, tensor] = leadsToProduct(rewriter, a) ? [a, b] : [b, a];
  if (!leadsToProduct(rewriter, next)) return undefined;
  const known = operation.operation === MUL ? numberOf(tensor) : undefined;
  if (known !== undefined) return timesNumber(next, known);
  return { next, kind: operation.operation === ADD ? SCORES_ADD : SCORES_MUL, fill: 0, tensor };
}

function timesNumber(next: View, number: number): Step {
  const one = whole({ type: 'float', length: ONE, data: Float32Array.of(number) }, []);
  return { next, kind: SCORES_MUL, fill: 0, tensor: expand(one, next.dims), number };
}

/** Scores where a condition holds, a number elsewhere; or the other way round. */
function keepStep(rewriter: Rewriter, node: Node, condition: View, a: View, b: View): Step | undefined {
  if (leadsToProduct(rewriter, a)) {
    const fill = numberOf(b);
    return fill === undefined ? undefined : { next: a, kind: SCORES_KEEP, fill, tensor: condition };
  }
  const fill = numberOf(a);
  if (fill === undefined || !leadsToProduct(rewriter, b)) return undefined;
  const core = unrepeated(condition);
  const output = whole({ type: 'int', length: productOfDims(core.dims) }, core.dims);
  const tensor = expand(output, condition.dims);
  const fresh: Node = { operation: { kind: 'unary', operation: NOT }, inputs: [core], output, from: node.from };
  return { next: b, kind: SCORES_KEEP, fill, tensor, fresh };
}

function leadsToProduct(rewriter: Rewriter, view: View): boolean {
  let at: View | null | undefined = view;
  for (let depth = 0; depth < 8 && at; depth++) {
    const node = rewriter.isReadOnce(at.buffer) ? rewriter.writer(at) : undefined;
    if (!node) return false;
    if (node.operation.kind === 'matmul') return true;
    if (node.operation.kind !== 'binary' && node.operation.kind !== 'select') return false;
    const candidates: (View | null)[] = node.operation.kind === 'select' ? node.inputs.slice(1) : [...node.inputs];
    at = candidates.find(
      (each) =>
        each &&
        rewriter.isReadOnce(each.buffer) &&
        isEqual(each.buffer.length, view.buffer.length) &&
        rewriter.writer(each),
    );
  }
  return false;
}

function productOf(
  rewriter: Rewriter,
  product: Node,
  all: readonly Step[],
  from: readonly string[],
): Scores | undefined {
  const [left, right] = product.inputs;
  if (!left || !right) return undefined;
  // Numbers right behind the product are the scale.
  const first = all.findIndex(({ number }) => number === undefined);
  const numbers = all.slice(0, first < 0 ? all.length : first);
  const steps = all.slice(numbers.length);
  const scale = numbers.reduce((so, { number = 1 }) => so * number, 1);
  const [q, k] = [withoutScale(rewriter, left), withoutScale(rewriter, right)];
  const turned = transpose(k.view, lastTwoSwapped(k.view));
  return {
    q: q.view,
    k: turned,
    scale: scale * q.scale * k.scale,
    steps,
    fresh: steps.flatMap(({ fresh }) => fresh ?? []),
    from: [...q.from, ...k.from, ...from],
  };
}

/** The order of dimensions that turns matrices round. */
function lastTwoSwapped({ dims: { length } }: View): number[] {
  return Array.from({ length }, (_, i) => (i < length - 2 ? i : 2 * length - 3 - i));
}

/** Queries or keys before they were scaled by a number, whether as heads or before they were told apart. */
function withoutScale(rewriter: Rewriter, view: View): { view: View; scale: number; from: readonly string[] } {
  const node = rewriter.isReadOnce(view.buffer) ? rewriter.onlyWriter(view.buffer) : undefined;
  const [a, b] = node?.inputs ?? [];
  if (node?.operation.kind === 'binary' && a && b && isWhole(node.output)) {
    const [x, y] = [numberOf(a), numberOf(b)];
    const isProduct = node.operation.operation === MUL;
    const scale = isProduct ? (y ?? x) : node.operation.operation === DIV && y ? 1 / y : undefined;
    const before = beforeScale(node.output, view, y === undefined ? b : a);
    if (scale !== undefined && before) return { view: before, scale, from: node.from };
  }
  return { view, scale: 1, from: [] };
}

/** A view of what was scaled as `view` is one of the result. */
function beforeScale(output: View, view: View, scaled: View): View | undefined {
  // Keys are turned before they are scaled, or after.
  const turned = lastTwoSwapped(output);
  if (isEqualView(output, view)) return scaled;
  if (isEqualView(transpose(output, turned), view)) return transpose(scaled, turned);
  return isWhole(scaled) ? { ...view, buffer: scaled.buffer } : undefined;
}

/** Where the result goes: into the copy with heads side by side that follows, or where it went. */
function layoutOf(rewriter: Rewriter, product: Node): { output: View; copy?: Node } {
  const { output } = product;
  const [reader] = rewriter.readers(output.buffer);
  const rank = output.dims.length;
  if (!reader || !rewriter.isReadOnce(output.buffer) || reader.operation.kind !== 'copy' || rank < 3) return { output };
  const order = [...output.dims.keys()].map((i) => (i === rank - 3 ? rank - 2 : i === rank - 2 ? rank - 3 : i));
  const [read] = reader.inputs;
  if (!read || !isEqualView(read, transpose(output, order)) || !isWhole(reader.output)) return { output };
  return { output: transpose({ ...reader.output, dims: read.dims }, order), copy: reader };
}
