// From a graph to a function of the program: views and sizes by number, weights into the image, and a copy wherever a kernel wants side
// by side what is not.

import { MAX_RANK } from '../../shared/runtime/engine/command-format.ts';
import type { ProgramBuffer, ProgramFunction, ProgramView, Size, Step } from '../../shared/runtime/engine/program.ts';
import * as program from '../../shared/runtime/engine/program.ts';
import { giveRoom } from './caches.ts';
import { isEqual, isNumber, multiply, ONE, product, toSymbol, ZERO } from './dim.ts';
import { bitsOf } from './float-bits.ts';
import type { NodeOf } from './fuse/rewriter.ts';
import { isWhole } from './fuse/rewriter.ts';
import { weightsOf } from './fuse/siblings.ts';
import type { Image } from './image.ts';
import { type Buffer, type Graph, isContiguous, knownElements, type Node, type View, whole } from './ir.ts';
import { packLinear } from './pack.ts';
import { SizeTable } from './size-table.ts';
import { blockWords, byteWords } from './tables.ts';
import { Unsupported } from './unsupported.ts';
import { hasUnitStride } from './views.ts';

export interface Lowered {
  readonly code: ProgramFunction;
  /** For each step the ONNX nodes that it was made of. */
  readonly from: readonly (readonly string[])[];
  /** Each size as a person reads it. */
  readonly sizeTexts: readonly string[];
}

type Condition = { readonly input: string; readonly value: boolean } | null;

export function lower(graph: Graph, name: string, condition: Condition, image: Image): Lowered {
  return drained(lowering(graph, name, condition, image));
}

/** The same node by node, of which those with weights take milliseconds: between two, others may have a turn. */
export function lowering(graph: Graph, name: string, condition: Condition, image: Image): Generator<void, Lowered> {
  const { graph: roomy, pasts } = giveRoom(graph);
  return new Lowering(roomy, pasts, image).run(name, condition);
}

/** What comes of work that is done in one go. */
export function drained<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

type StepParts = readonly [kind: number, views: readonly number[], words?: readonly number[]];

class Lowering {
  readonly #graph: Graph;
  readonly #pasts: ReadonlyMap<Buffer, string>;
  readonly #image: Image;
  readonly #sizes: SizeTable;
  readonly #buffers: ProgramBuffer[] = [];
  readonly #numbers = new Map<Buffer, number>();
  readonly #outputs = new Set<Buffer>();
  readonly #views: ProgramView[] = [];
  readonly #steps: Step[] = [];
  readonly #from: (readonly string[])[] = [];
  #node: Node | undefined;

  constructor(graph: Graph, pasts: ReadonlyMap<Buffer, string>, image: Image) {
    this.#graph = graph;
    this.#pasts = pasts;
    this.#image = image;
    const symbols = new Map<string, Size>();
    const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map((view) => view?.buffer.input)));
    // What is not read may be fed in any shape: a size is that of an input that is, where there is one.
    const numbered = graph.inputs.map((input, number) => ({ ...input, number }));
    for (const { dims, number } of numbered.toSorted((a, b) => Number(read.has(b.name)) - Number(read.has(a.name)))) {
      for (const [axis, size] of dims.entries()) {
        const own = toSymbol(size);
        if (own !== undefined && !symbols.has(own)) symbols.set(own, { kind: 'input', input: number, axis });
      }
    }
    this.#sizes = new SizeTable(symbols);
  }

  *run(name: string, condition: Condition): Generator<void, Lowered> {
    for (const node of this.#graph.nodes) {
      this.#node = node;
      this.#step(...this.#stepOf(node));
      yield;
    }
    this.#node = undefined;
    const outputs = this.#graph.outputs.map(({ name: output, type, view }) => ({
      name: output,
      type,
      dims: view.dims.map((size) => this.#sizes.add(size)),
      buffer: this.#buffer(this.#owned(view).buffer),
    }));
    const code: ProgramFunction = {
      graph: name,
      condition: condition && { input: this.#inputNumber(condition.input), value: condition.value },
      inputs: this.#graph.inputs.map(({ name: input, type, dims }) => ({
        name: input,
        type,
        dims: dims.map((size) => this.#sizes.add(size)),
      })),
      outputs,
      equalities: this.#graph.equalities.map(([a, b]) => [this.#sizes.add(a), this.#sizes.add(b)] as const),
      buffers: this.#buffers,
      views: this.#views,
      steps: this.#steps,
      sizes: this.#sizes.sizes,
    };
    return { code, from: this.#from, sizeTexts: this.#sizes.texts };
  }

  #inputNumber(name: string): number {
    return this.#graph.inputs.findIndex((input) => input.name === name);
  }

  /** An output in a buffer that is its alone: what is fed, a constant, or another output, is copied. */
  #owned(view: View): View {
    const { buffer } = view;
    const isComputed = !buffer.data && !buffer.sizes && !buffer.quantized && buffer.input === undefined;
    const isFree = isComputed && (isWhole(view) || this.#pasts.has(buffer)) && !this.#outputs.has(buffer);
    const owned = isFree ? view : this.#copy(view);
    this.#outputs.add(owned.buffer);
    return owned;
  }

  #stepOf(node: Node): StepParts {
    const { operation, inputs, output } = node;
    if ([output, ...inputs].some((view) => (view?.dims.length ?? 0) > MAX_RANK)) {
      throw new Unsupported(`${node.from[0] ?? 'a node'}: a tensor has more than ${MAX_RANK} dimensions`);
    }
    const out = this.#view(output);
    switch (operation.kind) {
      case 'copy':
        return [program.STEP_COPY, [out, this.#view(this.#input(inputs[0]))]];
      case 'range':
        return [program.STEP_RANGE, [out, ...this.#all(inputs)], [Number(output.buffer.type === 'float')]];
      case 'unary':
        return [program.STEP_UNARY, [out, this.#contiguous(inputs[0])], [operation.operation]];
      case 'binary':
        return [program.STEP_BINARY, [out, ...this.#all(inputs)], [operation.operation]];
      case 'select':
        return [program.STEP_SELECT, [out, ...this.#all(inputs)]];
      case 'gather':
        return this.#gather(out, inputs, operation.axis);
      case 'trilu':
        return [
          program.STEP_TRILU,
          [out, this.#contiguous(inputs[0])],
          [operation.diagonal, Number(operation.isUpper)],
        ];
      case 'cumulative sum': {
        const flags = [operation.isExclusive, operation.isReverse, output.buffer.type === 'float'].map(Number);
        return [program.STEP_CUMULATIVE_SUM, [out, this.#contiguous(inputs[0])], [operation.axis, ...flags]];
      }
      case 'scatter': {
        const [data, ...others] = inputs;
        const rest = others.map((view) => this.#contiguous(view));
        return [program.STEP_SCATTER, [out, this.#view(this.#input(data)), ...rest]];
      }
      case 'reduce':
        return [program.STEP_REDUCE, [out, this.#contiguous(inputs[0])], [operation.operation, operation.axis]];
      case 'softmax':
        return [program.STEP_SOFTMAX, [out, this.#contiguous(inputs[0])], [Number(operation.isLog)]];
      case 'norm': {
        const views = inputs.map((view) => (view ? this.#contiguous(view) : program.ABSENT));
        while (views.length < 4) views.push(program.ABSENT);
        const sum = node.sum ? this.#view(node.sum) : program.ABSENT;
        return [program.STEP_NORM, [out, sum, ...views], [bitsOf(operation.epsilon), Number(operation.isRms)]];
      }
      case 'linear':
        return this.#linear(out, node as NodeOf<'linear'>);
      case 'matmul':
        return this.#matmul(out, inputs);
      case 'attention': {
        const [q, k, v, ...tensors] = inputs.map((view) => this.#input(view));
        const heads = [q, k, v].map((view) => this.#view(this.#withUnitStride(this.#input(view), 3)));
        const steps = operation.steps.flatMap((each) => [each.kind, bitsOf(each.fill)]);
        const views = [out, ...heads, ...tensors.map((view) => this.#view(view))];
        const kind = operation.isInt8 ? program.STEP_ATTENTION_I8 : program.STEP_ATTENTION;
        return [kind, views, [bitsOf(operation.scale), ...steps, ...(operation.isGuarded ? [1] : [])]];
      }
    }
  }

  #gather(out: number, inputs: Node['inputs'], axis: number): StepParts {
    const [table, indices] = [this.#input(inputs[0]), this.#contiguous(inputs[1])];
    const { quantized, blocks } = table.buffer;
    if (blocks) return [program.STEP_GATHER_BLOCKS, [out, indices], blockWords(this.#image, blocks)];
    if (quantized) return [program.STEP_GATHER_I8, [out, indices], byteWords(this.#image, table, quantized, axis)];
    return [program.STEP_GATHER, [out, this.#contiguous(table), indices], [axis]];
  }

  #linear(out: number, node: NodeOf<'linear'>): StepParts {
    const { activation, isInt4 } = node.operation;
    const packed = packLinear(weightsOf(node), isInt4);
    const a = this.#rows(this.#input(node.inputs[0]));
    const words = [this.#image.place(packed.bytes), packed.columns, packed.depth, activation, packed.kind];
    return [program.STEP_LINEAR, [out, this.#view(a)], words];
  }

  #matmul(out: number, inputs: Node['inputs']): StepParts {
    const a = this.#withUnitStride(this.#input(inputs[0]), -1);
    const b = this.#input(inputs[1]);
    const rank = b.dims.length;
    const isTurned = !hasUnitStride(b, rank - 1) && hasUnitStride(b, rank - 2);
    const other = isTurned ? b : this.#withUnitStride(b, -1);
    return [program.STEP_MATMUL, [out, this.#view(a), this.#view(other)], [Number(isTurned)]];
  }

  #input(view: View | null | undefined): View {
    if (!view) throw new Error('a node lacks an input');
    return view;
  }

  #all(inputs: Node['inputs']): number[] {
    return inputs.map((view) => this.#view(this.#input(view)));
  }

  #contiguous(view: View | null | undefined): number {
    const given = this.#input(view);
    return this.#view(isContiguous(given) ? given : this.#copied(given));
  }

  /** Rows of the last dimension, each as far from the next. */
  #rows(view: View): View {
    const { dims, strides } = view;
    // An axis of 1 has any stride, and counts for nothing when the plan is made.
    const axes = [...dims.keys()].slice(0, -1).filter((i) => !isNumber(dims[i] ?? ONE, 1));
    const isEven = axes.slice(0, -1).every((axis, i) => {
      const next = axes[i + 1] ?? axis;
      return isEqual(strides[axis] ?? ZERO, multiply(strides[next] ?? ZERO, dims[next] ?? ONE));
    });
    return isEven && hasUnitStride(view, dims.length - 1) ? view : this.#copied(view);
  }

  #withUnitStride(view: View, axis: number): View {
    return hasUnitStride(view, axis < 0 ? view.dims.length + axis : axis) ? view : this.#copied(view);
  }

  /** The elements side by side in a buffer of their own; those that are known become so now. */
  #copied(view: View): View {
    const known = view.buffer.sizes ? undefined : knownElements(view);
    return known
      ? whole({ type: view.buffer.type, length: product(view.dims), data: known }, view.dims)
      : this.#copy(view);
  }

  #copy(view: View): View {
    const copy = whole({ type: view.buffer.type, length: product(view.dims) }, view.dims);
    this.#step(program.STEP_COPY, [this.#view(copy), this.#view(view)]);
    return copy;
  }

  #view(view: View): number {
    const entry: ProgramView = {
      buffer: this.#buffer(view.buffer),
      offset: this.#sizes.add(view.offset),
      dims: view.dims.map((size) => this.#sizes.add(size)),
      strides: view.strides.map((stride) => this.#sizes.add(stride)),
    };
    return this.#views.push(entry) - 1;
  }

  #buffer(buffer: Buffer): number {
    const known = this.#numbers.get(buffer);
    if (known !== undefined) return known;
    const entry = {
      length: this.#sizes.add(buffer.length),
      isFloat: buffer.type === 'float',
      place: this.#place(buffer),
    };
    const number = this.#buffers.push(entry) - 1;
    this.#numbers.set(buffer, number);
    return number;
  }

  #place(buffer: Buffer): ProgramBuffer['place'] {
    const past = this.#pasts.get(buffer);
    if (past !== undefined) return { kind: 'cache', input: this.#inputNumber(past) };
    if (buffer.input !== undefined) return { kind: 'input', input: this.#inputNumber(buffer.input) };
    if (buffer.sizes) return { kind: 'sizes', values: buffer.sizes.map((size) => this.#sizes.add(size)) };
    const data = buffer.data ?? (buffer.bytes && Int32Array.from(buffer.bytes.read())) ?? floatsOf(buffer);
    return data ? { kind: 'image', at: this.#image.place(data) } : { kind: 'work' };
  }

  #step(kind: number, views: readonly number[], words: readonly number[] = []): void {
    this.#steps.push({ kind, views, words });
    this.#from.push(this.#node?.from ?? []);
  }
}

/** Of a weight in bytes that is used as floats. */
function floatsOf(buffer: Buffer): Float32Array | undefined {
  if (!buffer.quantized) return undefined;
  const known = knownElements(whole(buffer, [buffer.length]));
  return known instanceof Float32Array ? known : undefined;
}
