// Small graphs put together by hand, and run on Node as they are and as the compiler's passes leave them.

/// <reference path="./web-assembly.d.ts" />

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Builder } from '../../model-assets/engine/builder.ts';
import { type Dim, toNumber } from '../../model-assets/engine/dim.ts';
import { FLOAT } from '../../model-assets/engine/element-types.ts';
import { fuse } from '../../model-assets/engine/fuse/fuse.ts';
import { Image } from '../../model-assets/engine/image.ts';
import type { Graph, View } from '../../model-assets/engine/ir.ts';
import { lower } from '../../model-assets/engine/lower.ts';
import { writeProgram } from '../../model-assets/engine/write-program.ts';
import type { EngineSession } from '../../shared/runtime/engine/engine-session.ts';
import type { Feeds } from '../../shared/runtime/session.ts';
import { openCompiled } from '../runtime/engine/compiled.ts';
import { expectClose } from '../runtime/engine/expected.ts';
import { createRandom } from '../runtime/engine/random.ts';

const WASM = join(import.meta.dirname, '../../shared/runtime/engine/engine.wasm');
let compiled: WebAssembly.Module | undefined;

/** The engine as it is built, compiled once. */
export function engineModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(WASM));
  return compiled;
}

/** `outputs`: what `build` gives, as y, y1, … */
export function graphOf(build: (builder: Builder) => readonly View[] | View): Graph {
  const builder = new Builder();
  const built = build(builder);
  const views = 'buffer' in built ? [built] : built;
  return builder.graph(views.map((view, i) => ({ name: i === 0 ? 'y' : `y${i}`, type: FLOAT, view })));
}

/** The graph as it is, in an instance of its own. */
export function openGraph(graph: Graph): EngineSession {
  const image = new Image();
  const { code } = lower(graph, 'model', null, image);
  const bytes = writeProgram({ functions: [code], imageBytes: image.byteLength }, image.toBytes());
  return openCompiled(engineModule(), bytes);
}

async function runGraph(graph: Graph, feeds: Feeds): Promise<Readonly<Record<string, ArrayLike<number>>>> {
  const fetched = await openGraph(graph).run(feeds);
  return Object.fromEntries(
    Object.entries(fetched).map(([name, { data }]) => [
      name,
      data instanceof Float32Array ? data : Array.from(data, Number),
    ]),
  );
}

/** The passes change nothing of what comes out, with floats of some size and names for sizes as `sizes` says. */
export async function expectSameAnswers(graph: Graph, sizes: Readonly<Record<string, number>> = {}): Promise<void> {
  const random = createRandom(11);
  const of = (size: Dim) => toNumber(size) ?? sizes[size.key] ?? 3;
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, type, dims }) => {
      const numbers = dims.map(of);
      const length = numbers.reduce((x, y) => x * y, 1);
      const data = type === FLOAT ? random.floats(length) : Int32Array.from({ length }, () => random.integer(0, 1));
      return [name, { data, dims: numbers }];
    }),
  );
  const [plain, fused] = [await runGraph(graph, feeds), await runGraph(fuse(graph), feeds)];
  expect(Object.keys(fused)).toEqual(Object.keys(plain));
  for (const [name, values] of Object.entries(fused)) {
    expectClose(Float32Array.from(values), plain[name] ?? [], { absolute: 2e-5, relative: 2e-5, what: name });
  }
}
