// What an operator of ONNX is here: a function from its node and inputs to views, by way of the builder.

import type { Builder } from '../builder.ts';
import type { View } from '../ir.ts';
import type { OnnxNode } from '../onnx-file.ts';
import { Unsupported } from '../unsupported.ts';

/** Throws where the node asks for what the engine cannot do. */
export type Operator = (call: Call) => View | readonly View[];

/** What stands between the nodes of a product in integers, which is recognised as one. */
export type Note = NoteKind & {
  /** The ONNX node that made it. */
  readonly node: string;
};

type NoteKind =
  /** x in bytes, its scale or its zero point, as DynamicQuantizeLinear gives them. */
  | { readonly kind: 'bytes' | 'zero'; readonly x: View }
  | { readonly kind: 'scale'; readonly x: View; readonly weight?: View }
  /** Of x in bytes and a weight. `isScaled`: of bytes as they are, to be scaled for x and for the weight at once. */
  | {
      readonly kind: 'product';
      readonly x: View;
      readonly weight: View;
      readonly zero: View | undefined;
      readonly isScaled: boolean;
    }
  | ({ readonly kind: 'rows' } & Rows);

/** Rows of a table in bytes, in an order of their dimensions. */
export interface Rows {
  readonly table: View;
  readonly indices: View;
  readonly axis: number;
  readonly order: readonly number[];
}

/** One node with its inputs. */
export class Call {
  readonly builder: Builder;
  readonly node: OnnxNode;
  readonly inputs: readonly (View | undefined)[];
  readonly opset: number;
  readonly notes: Map<View, Note>;

  constructor(
    builder: Builder,
    node: OnnxNode,
    inputs: readonly (View | undefined)[],
    opset: number,
    notes: Map<View, Note>,
  ) {
    this.builder = builder;
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.notes = notes;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  /** Throws where only notes stand for it: the operator would compute with what is not there. */
  input(index: number): View {
    const view = this.noted(index);
    const note = this.notes.get(view);
    if (note) throw new Unsupported(`input ${index} comes from ${note.node}; only a product in integers takes that`);
    return view;
  }

  /** The same, or undefined where it is left out. */
  optional(index: number): View | undefined {
    return this.has(index) ? this.input(index) : undefined;
  }

  /** An input that notes may stand for. */
  noted(index: number): View {
    const view = this.inputs[index];
    if (!view) throw new Unsupported(`input ${index} is missing`);
    return view;
  }

  int(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.int ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.float ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.node.attributes.get(name)?.string || otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.node.attributes.get(name)?.ints;
  }

  /** An axis as a place in the list of `rank` dimensions. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    if (!(axis >= 0 && axis < rank)) throw new Unsupported(`axis ${value} is not one of ${rank}`);
    return axis;
  }

  /** A view that only notes stand for. */
  note(like: View, note: NoteKind): View {
    const view: View = { ...like, buffer: { type: 'int', length: like.buffer.length } };
    this.notes.set(view, { ...note, node: this.builder.from });
    return view;
  }
}
