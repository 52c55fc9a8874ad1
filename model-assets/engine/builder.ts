// Builds a graph node by node. Shapes are followed, and whatever is known before a run is computed here: numbers, and the arithmetic of
// shapes. Operators of ONNX are put together from these (operators/).

import { DIV, INTEGERS, MOD } from '../../shared/runtime/engine/command-format.ts';
import { ByteWeights } from './byte-weights.ts';
import * as dim from './dim.ts';
import { constant, type Dim, isEqual, isNumber, ONE, toNumber } from './dim.ts';
import { toElements } from './elements.ts';
import { fold } from './fold.ts';
import {
  type Buffer,
  type Elements,
  type ElementType,
  type Graph,
  type GraphInput,
  type GraphOutput,
  knownElements,
  MOST_SIZES,
  type Node,
  type Operation,
  sizesOf,
  staticDims,
  type View,
  whole,
} from './ir.ts';
import type { OnnxTensor } from './onnx-file.ts';
import { BINARY, givesInts, UNARY, unaryGivesInts, unaryTakesInts } from './scalars.ts';
import { binaryOfSizes, unaryOfSizes } from './size-operations.ts';
import { Unsupported } from './unsupported.ts';
import * as views from './views.ts';

export class Builder {
  readonly nodes: Node[] = [];
  readonly inputs: GraphInput[] = [];
  readonly equalities: (readonly [Dim, Dim])[] = [];
  /** Names of sizes that turned out to be others, and of what runs are held to have no less than a number. */
  readonly #known = new Map<string, Dim>();
  readonly #least = new Map<string, number>();
  /** The ONNX node that is being built. */
  from = '';

  input(name: string, type: number, elements: ElementType, dims: readonly Dim[]): View {
    const buffer: Buffer = { type: elements, length: dim.product(dims), input: name };
    const view = whole(buffer, dims);
    this.inputs.push({ name, type, dims, view });
    return view;
  }

  data(elements: Elements, dims: readonly number[], name?: string): View {
    const type = elements instanceof Float32Array ? 'float' : 'int';
    return whole(
      { type, length: constant(elements.length), data: elements, ...(name && { name }) },
      dims.map(constant),
    );
  }

  /** A weight or a constant of the file. */
  tensor(tensor: OnnxTensor): View {
    const { name, type, dims } = tensor;
    const bytes = ByteWeights.ofTensor(tensor);
    if (!bytes) return this.data(toElements(type, tensor.read()), dims, name);
    const sizes = dims.map(constant);
    return whole({ type: 'int', length: dim.product(sizes), bytes, name }, sizes);
  }

  float(value: number): View {
    return this.data(Float32Array.of(value), []);
  }

  int(value: number): View {
    return this.data(Int32Array.of(value), []);
  }

  /** A tensor of sizes. */
  sizes(sizes: readonly Dim[], dims: readonly number[], type: ElementType = 'int'): View {
    const numbers = sizes.map(toNumber);
    if (numbers.every((number) => number !== undefined)) {
      return this.data(type === 'int' ? Int32Array.from(numbers) : Float32Array.from(numbers), dims);
    }
    return whole({ type, length: constant(sizes.length), sizes }, dims.map(constant));
  }

  /** What was built, with all that was learned of sizes on the way. */
  graph(outputs: readonly GraphOutput[]): Graph {
    const buffers = new Map<Buffer, Buffer>();
    const resolved = (view: View): View => {
      const { buffer } = view;
      const known = buffers.get(buffer) ?? { ...buffer, length: this.resolve(buffer.length) };
      buffers.set(buffer, known);
      return { ...this.resolveView(view), buffer: known };
    };
    return {
      nodes: this.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((view) => view && resolved(view)),
        output: resolved(node.output),
      })),
      inputs: this.inputs.map((input) => ({ ...input, view: resolved(input.view) })),
      outputs: outputs.map((output) => ({ ...output, view: resolved(output.view) })),
      equalities: this.equalities,
    };
  }

  /** A dimension with what is known of its names by now. */
  resolve(size: Dim): Dim {
    let result = size;
    for (const [name, by] of this.#known) result = dim.substitute(result, name, by);
    return result;
  }

  resolveView(view: View): View {
    if (this.#known.size === 0) return view;
    const [dims, strides] = [view.dims, view.strides].map((sizes) => sizes.map((size) => this.resolve(size)));
    const offset = this.resolve(view.offset);
    const isSame =
      dims?.every((size, i) => size === view.dims[i]) &&
      strides?.every((stride, i) => stride === view.strides[i]) &&
      offset === view.offset;
    return isSame || !dims || !strides ? view : { buffer: view.buffer, offset, dims, strides };
  }

  /** The size that two are together: they are the same, whatever they are called. */
  unify(a: Dim, b: Dim): Dim {
    const [x, y] = [this.resolve(a), this.resolve(b)];
    if (isEqual(x, y)) return x;
    const [m, n] = [toNumber(x), toNumber(y)];
    if (m !== undefined && n !== undefined) throw new Unsupported(`sizes ${m} and ${n} meet where they must be equal`);
    this.equalities.push([x, y]);
    // The simpler one is believed to be another name for the other.
    for (const [name, by] of [
      [dim.toSymbol(x), y],
      [dim.toSymbol(y), x],
    ] as const) {
      if (name === undefined || dim.mentions(by, name)) continue;
      this.#known.set(name, by);
      return by;
    }
    return n === undefined ? x : y;
  }

  /** Holds runs to two sizes being equal, without believing that one is another name for the other. Throws where they never are. */
  hold(a: Dim, b: Dim): void {
    const [x, y] = [this.resolve(a), this.resolve(b)];
    const sign = dim.signOf(dim.subtract(x, y));
    if (sign) throw new Unsupported(`sizes ${dim.format(x)} and ${dim.format(y)} meet where they must be equal`);
    const isKnown = this.equalities.some(([m, n]) => isEqual(m, x) && isEqual(n, y));
    if (sign === undefined && !isKnown) this.equalities.push([x, y]);
  }

  /** Holds runs to `a` being no more than `b`, unless it always is. */
  assume(a: Dim, b: Dim): void {
    this.hold(dim.minimum(this.resolve(a), this.resolve(b)), a);
    const [least, name] = [toNumber(a) ?? 0, dim.toSymbol(this.resolve(b))];
    if (name !== undefined) this.#least.set(name, Math.max(least, this.#least.get(name) ?? 0));
  }

  /** Dimensions of what is computed of tensors of these, by numpy's rule. */
  broadcast(...shapes: readonly (readonly Dim[])[]): Dim[] {
    const rank = Math.max(...shapes.map(({ length }) => length));
    return Array.from({ length: rank }, (_, i) =>
      shapes.reduce((known: Dim, shape) => {
        const own = shape[i - rank + shape.length];
        if (!own || isNumber(own, 1)) return known;
        return isNumber(known, 1) ? this.resolve(own) : this.unify(known, own);
      }, ONE),
    );
  }

  reshape(view: View, dims: readonly Dim[]): View {
    return views.reshape(view, dims) ?? { ...whole(this.copy(view).buffer, dims) };
  }

  /** The elements side by side in a buffer of their own. */
  copy(view: View): View {
    return this.emit({ kind: 'copy' }, [view], view.dims, view.buffer.type);
  }

  /** Throws where the operation is one of integers and x is not, or the other way round. */
  unary(operation: number, x: View): View {
    if (x.buffer.type !== (unaryTakesInts(operation) ? 'int' : 'float')) {
      throw new Unsupported(`${x.buffer.type === 'int' ? 'integers' : 'floats'} are not what it computes with`);
    }
    const type = unaryGivesInts(operation) ? 'int' : 'float';
    const sizes = sizesOf(x);
    const known = sizes && unaryOfSizes(operation, sizes);
    if (known) return this.sizes(known, staticDims(x) ?? [], type);
    const of = UNARY.get(operation);
    const folded = of && this.#fold(x.dims, type, [x], of);
    return folded ?? this.#elementwise({ kind: 'unary', operation }, [x], x.dims, type);
  }

  /** `operation` as for floats: that for integers is taken where both are. Throws where one is and the other is not. */
  binary(operation: number, a: View, b: View): View {
    if (a.buffer.type !== b.buffer.type) throw new Unsupported('floats and integers are computed with one another');
    const dims = this.broadcast(a.dims, b.dims);
    const code = a.buffer.type === 'int' && operation < INTEGERS ? operation + INTEGERS : operation;
    const [x, y] = [views.expand(a, dims), views.expand(b, dims)];
    const type = givesInts(code) ? 'int' : 'float';
    return (
      this.#binaryOfSizes(operation, x, y, type) ??
      this.#fold(dims, type, [x, y], (p, q) => BINARY.get(code)?.(p, q)) ??
      this.#elementwise({ kind: 'binary', operation: code }, [x, y], dims, type)
    );
  }

  select(condition: View, a: View, b: View): View {
    const dims = this.broadcast(condition.dims, a.dims, b.dims);
    const [c, x, y] = [views.expand(condition, dims), views.expand(a, dims), views.expand(b, dims)];
    const known = knownElements(c);
    const [p, q] = [sizesOf(x), sizesOf(y)];
    if (known && p && q) {
      const picked = Array.from(known, (each, i) => (each ? p[i] : q[i]) ?? dim.ZERO);
      return this.sizes(picked, staticDims(c) ?? [], a.buffer.type);
    }
    if (known?.length && known.every((each) => each === known[0])) return known[0] ? x : y;
    const { type } = a.buffer;
    return (
      this.#fold(dims, type, [c, x, y], (is, then, otherwise) => (is ? then : otherwise)) ??
      this.#elementwise({ kind: 'select' }, [c, x, y], dims, type)
    );
  }

  concat(all: readonly View[], axis: number): View {
    // What is empty may have any shape.
    const filled = all.filter(({ dims }) => !dims.some((size) => isNumber(size, 0)));
    const parts = filled.length > 0 ? filled : all;
    const [first] = parts;
    if (!first) throw new Unsupported('nothing is put together');
    if (parts.length === 1) return first;
    const { type } = first.buffer;
    const known = parts.map(sizesOf);
    if (first.dims.length === 1 && known.every((each) => each !== undefined)) {
      const sizes = known.flat();
      if (sizes.length <= MOST_SIZES && type === 'int') return this.sizes(sizes, [sizes.length]);
    }
    const total = parts.map(({ dims }) => dims[axis] ?? ONE).reduce(dim.add);
    const dims = first.dims.map((own, i) =>
      i === axis ? total : parts.reduce((size, part) => this.unify(size, part.dims[i] ?? ONE), own),
    );
    const output = whole({ type, length: dim.product(dims) }, dims);
    let start = dim.ZERO;
    for (const part of parts) {
      const length = part.dims[axis] ?? ONE;
      this.push({ kind: 'copy' }, [part], views.slice(output, axis, start, length));
      start = dim.add(start, length);
    }
    return output;
  }

  /** A node whose output is a buffer of its own. */
  emit(operation: Operation, inputs: readonly (View | null)[], dims: readonly Dim[], type: ElementType): View {
    const output = whole({ type, length: dim.product(dims) }, dims);
    this.push(operation, inputs, output);
    return output;
  }

  /** What all inputs repeat is computed once, and the result repeated. */
  #elementwise(operation: Operation, inputs: readonly View[], dims: readonly Dim[], type: ElementType): View {
    const core = dims.map((size, i) =>
      inputs.every(({ strides }) => isNumber(strides[i] ?? dim.ZERO, 0)) ? ONE : size,
    );
    const output = this.emit(
      operation,
      inputs.map((view) => ({ ...view, dims: core })),
      core,
      type,
    );
    return views.expand(output, dims);
  }

  push(operation: Operation, inputs: readonly (View | null)[], output: View): void {
    this.nodes.push({ operation, inputs, output, from: [this.from] });
  }

  #fold(
    dims: readonly Dim[],
    type: ElementType,
    inputs: readonly View[],
    of: (...values: number[]) => number | undefined,
  ): View | undefined {
    const known = fold(dims, type, inputs, of);
    return (
      known &&
      this.data(
        known,
        dims.map((each) => toNumber(each) ?? 0),
      )
    );
  }

  #binaryOfSizes(operation: number, a: View, b: View, type: ElementType): View | undefined {
    const [x, y] = [sizesOf(a), sizesOf(b)];
    // Quotients of floats are no whole numbers.
    if (a.buffer.type === 'float' && (operation === DIV || operation === MOD)) return undefined;
    const known = (size: Dim) => this.resolve(size);
    const result = x && y && binaryOfSizes(operation, x.map(known), y.map(known), this.#least);
    return result && this.sizes(result, staticDims(a) ?? [], type);
  }
}
