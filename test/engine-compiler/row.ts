// A row of operators without a file around it.

import { Builder } from '../../model-assets/engine/builder.ts';
import type { View } from '../../model-assets/engine/ir.ts';
import type { OnnxAttribute, OnnxNode } from '../../model-assets/engine/onnx-file.ts';
import { ALONG } from '../../model-assets/engine/operators/along.ts';
import { ELEMENTWISE } from '../../model-assets/engine/operators/elementwise.ts';
import { Call, type Operator } from '../../model-assets/engine/operators/operator.ts';
import { PRODUCTS } from '../../model-assets/engine/operators/products.ts';
import { SHAPES } from '../../model-assets/engine/operators/shapes.ts';

const OPERATORS: Readonly<Record<string, Operator>> = { ...ALONG, ...ELEMENTWISE, ...PRODUCTS, ...SHAPES };

type Attributes = Readonly<Record<string, number | string>>;

export class Row {
  readonly builder = new Builder();
  readonly ints = (...values: number[]) => this.builder.data(Int32Array.from(values), [values.length]);
  readonly int = (value: number) => this.builder.int(value);

  call(operator: string, inputs: readonly View[], attributes: Attributes = {}): View {
    const given = new Map(Object.entries(attributes).map(([name, value]) => [name, attribute(name, value)]));
    const node: OnnxNode = { name: '', operator, domain: '', inputs: [], outputs: ['y'], attributes: given };
    const result = OPERATORS[operator]?.(new Call(this.builder, node, inputs, 17, new Map()));
    if (!result || !('buffer' in result)) throw new Error(`${operator} gives no view`);
    return result;
  }
}

const attribute = (name: string, value: number | string): OnnxAttribute => ({
  ...{ name, int: 0, float: 0, string: '', ints: [], floats: [], tensor: undefined, graph: undefined },
  ...(typeof value === 'string' ? { string: value } : { int: value }),
});
