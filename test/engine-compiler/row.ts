// A row of operators without a file around it.

import { Builder } from '../../model-assets/engine/builder.ts';
import { ByteWeights } from '../../model-assets/engine/byte-weights.ts';
import { constant } from '../../model-assets/engine/dim.ts';
import { type View, whole } from '../../model-assets/engine/ir.ts';
import type { OnnxAttribute, OnnxNode } from '../../model-assets/engine/onnx-file.ts';
import { ALONG } from '../../model-assets/engine/operators/along.ts';
import { ELEMENTWISE } from '../../model-assets/engine/operators/elementwise.ts';
import { Call, type Note } from '../../model-assets/engine/operators/operator.ts';
import { PRODUCTS } from '../../model-assets/engine/operators/products.ts';
import { QUANTIZATION } from '../../model-assets/engine/operators/quantization.ts';
import { SHAPES } from '../../model-assets/engine/operators/shapes.ts';

const OPERATORS = { ...ALONG, ...ELEMENTWISE, ...PRODUCTS, ...QUANTIZATION, ...SHAPES };

type Attributes = Readonly<Record<string, number | string>>;

export class Row {
  readonly builder: Builder;
  readonly #notes = new Map<View, Note>();
  readonly ints = (...values: number[]) => this.builder.data(Int32Array.from(values), [values.length]);
  readonly int = (value: number) => this.builder.int(value);
  readonly floats = (...values: number[]) => this.builder.data(Float32Array.from(values), [values.length]);

  constructor(builder = new Builder()) {
    this.builder = builder;
  }

  /** A constant of unsigned bytes. */
  bytes(values: readonly number[], dims: readonly number[]): View {
    const bytes = ByteWeights.of(Uint8Array.from(values));
    return whole({ type: 'int', length: constant(values.length), bytes }, dims.map(constant));
  }

  /** An operator's only result. */
  call(operator: string, inputs: readonly View[], attributes: Attributes = {}): View {
    const [view, other] = this.all(operator, inputs, attributes);
    if (!view || other) throw new Error(`${operator} gives no view, or several`);
    return view;
  }

  all(operator: string, inputs: readonly View[], attributes: Attributes = {}): readonly View[] {
    const given = new Map(Object.entries(attributes).map(([name, value]) => [name, attribute(name, value)]));
    const node: OnnxNode = { name: '', operator, domain: '', inputs: [], outputs: ['y'], attributes: given };
    const result = OPERATORS[operator]?.(new Call(this.builder, node, inputs, 17, this.#notes)) ?? [];
    return 'buffer' in result ? [result] : result;
  }
}

const attribute = (name: string, value: number | string): OnnxAttribute => ({
  ...{ name, int: 0, float: 0, string: '', ints: [], floats: [], tensor: undefined, graph: undefined },
  ...(typeof value === 'string' ? { string: value } : { int: value }),
});
