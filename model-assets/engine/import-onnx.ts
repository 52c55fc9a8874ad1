// Turns the nodes of an ONNX graph into those of the engine. What it cannot turn is an error that names the node and the reason: such a
// model is served by onnxruntime-web.

import { Builder } from './builder.ts';
import { constant, type Dim, symbol } from './dim.ts';
import { BOOL, FLOAT, INT32, INT64, TYPE_NAMES } from './element-types.ts';
import type { Graph, GraphOutput, View } from './ir.ts';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxValue } from './onnx-file.ts';
import { ALONG } from './operators/along.ts';
import { BLOCKS } from './operators/blocks.ts';
import { ELEMENTWISE } from './operators/elementwise.ts';
import { Call, type Note, type Operator } from './operators/operator.ts';
import { PRODUCTS } from './operators/products.ts';
import { QUANTIZATION } from './operators/quantization.ts';
import { SHAPES } from './operators/shapes.ts';
import { at, Unsupported } from './unsupported.ts';

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [ALONG, BLOCKS, ELEMENTWISE, PRODUCTS, QUANTIZATION, SHAPES].flatMap((group) => Object.entries(group)),
);

/** A graph, or the two ways of a merged one. */
export interface Imported {
  /** Input that decides: the first graph where it is true, the second where it is not. Null where there is one graph. */
  readonly condition: string | null;
  readonly graphs: readonly Graph[];
}

/** Throws, naming the node, where the engine lacks an operator or a form of it. */
export function importOnnx(model: OnnxModel): Imported {
  const choices = model.graph.nodes.filter(({ operator }) => operator === 'If');
  const [choice] = choices;
  if (!choice) return { condition: null, graphs: [new Importer(model).run()] };
  const [condition = ''] = choice.inputs;
  const decides = model.graph.inputs.some(({ name }) => name === condition);
  if (!decides || choices.some(({ inputs }) => inputs[0] !== condition)) {
    throw new Unsupported(`${labelOf(choice)}: a choice is supported where one input of the graph decides`);
  }
  return { condition, graphs: (['then_branch', 'else_branch'] as const).map((way) => new Importer(model).run(way)) };
}

type Way = 'then_branch' | 'else_branch';

class Importer {
  readonly #model: OnnxModel;
  readonly #builder = new Builder();
  readonly #values = new Map<string, View>();
  readonly #notes = new Map<View, Note>();
  /** Outputs that an operator has and the engine does not give, with the node. */
  readonly #lacking = new Map<string, string>();

  constructor(model: OnnxModel) {
    this.#model = model;
  }

  /** `way`: which of the two is taken where the graph chooses. */
  run(way?: Way): Graph {
    const { graph } = this.#model;
    const weights = new Set(graph.initializers.map(({ name }) => name));
    this.#initialize(graph);
    for (const input of graph.inputs) {
      if (!weights.has(input.name)) this.#values.set(input.name, this.#input(input));
    }
    for (const node of graph.nodes) {
      if (way && node.operator === 'If') this.#choice(node, way);
      else this.#node(node);
    }
    return this.#builder.graph(
      graph.outputs.map(({ name, type }): GraphOutput => {
        const view = this.#value(name);
        if (!view) throw new Unsupported(`output ${name} is computed by no node`);
        const note = this.#notes.get(view);
        if (note)
          throw new Unsupported(`${note.node} gives output ${name}, and the engine has no bytes for a graph to give`);
        checkType(`output ${name}`, type);
        return { name, type, view };
      }),
    );
  }

  #initialize({ initializers }: OnnxGraph): void {
    for (const tensor of initializers) this.#values.set(tensor.name, this.#builder.tensor(tensor));
  }

  /** The nodes of one way, whose names the file keeps apart from all others; its outputs are those of the choice. */
  #choice(node: OnnxNode, way: Way): void {
    const graph = node.attributes.get(way)?.graph;
    if (!graph) throw new Unsupported(`${labelOf(node)} lacks its ${way}`);
    this.#initialize(graph);
    for (const inner of graph.nodes) this.#node(inner);
    node.outputs.forEach((name, i) => {
      const view = this.#value(graph.outputs[i]?.name ?? '');
      if (view) this.#values.set(name, view);
    });
  }

  /** Throws where a node gives it as ONNX says, and not as the engine does. */
  #value(name: string): View | undefined {
    const node = this.#lacking.get(name);
    if (node) throw new Unsupported(`${node} does not give ${name} in the engine`);
    return this.#values.get(name);
  }

  #input({ name, type, dims }: OnnxValue): View {
    checkType(`input ${name}`, type);
    const sizes = dims.map((size): Dim => (typeof size === 'number' ? constant(size) : symbol(size)));
    return this.#builder.input(name, type, type === FLOAT ? 'float' : 'int', sizes);
  }

  #node(node: OnnxNode): void {
    const operator =
      node.domain === '' || node.domain === 'ai.onnx' || OWN.has(node.operator)
        ? OPERATORS.get(node.operator)
        : undefined;
    if (!operator)
      throw new Unsupported(`operator ${node.domain && `${node.domain}.`}${labelOf(node)} is not known to the engine`);
    const inputs = node.inputs.map((name) => {
      const view = this.#value(name);
      if (name && !view) throw new Unsupported(`${labelOf(node)} takes ${name}, which nothing gives`);
      return view && (this.#notes.has(view) ? view : this.#builder.resolveView(view));
    });
    this.#builder.from = node.name || labelOf(node);
    try {
      const given = operator(new Call(this.#builder, node, inputs, this.#model.opset, this.#notes));
      const outputs = Array.isArray(given) ? (given as readonly View[]) : [given as View];
      node.outputs.forEach((name, i) => {
        const view = outputs[i];
        if (view) this.#values.set(name, view);
        else if (name) this.#lacking.set(name, labelOf(node));
      });
    } catch (cause) {
      throw at(labelOf(node), cause);
    }
  }
}

/** A node as messages name it: exporters leave names out at times. */
const labelOf = ({ operator, name, outputs }: OnnxNode) => `${operator} ${name || outputs[0]}`;

function checkType(what: string, type: number): void {
  if (type === FLOAT || type === INT64 || type === INT32 || type === BOOL) return;
  const name = TYPE_NAMES[type] ?? `type ${type}`;
  throw new Unsupported(`${what} has elements of ${name}; float, int64, int32 and bool are supported`);
}

/** Operators of other domains that mean what they are called. */
const OWN = new Set(['SimplifiedLayerNormalization', 'Gelu', 'GatherBlockQuantized']);
