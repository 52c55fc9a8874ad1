// `Session` over the project's own engine: one graph of an open model.

import { ServiceError } from '../../errors.ts';
import { checkNames } from '../check-names.ts';
import { withKeptLogits } from '../kept-rows.ts';
import { createSerial, type Serial } from '../serial.ts';
import type { Feeds, Fetches, Held, HeldFeeds, RowWindow, Session } from '../session.ts';
import { checkShapes } from './check-shapes.ts';
import type { EngineInstance } from './instance.ts';
import type { ProgramFunction } from './program.ts';
import { Run } from './run.ts';
import { lengthsWithoutPadding, runWithoutPadding } from './unpadded.ts';

export class EngineSession implements Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly shapes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly skipsLogits: boolean;
  readonly #share: number;
  #instance: EngineInstance | undefined;
  readonly #ways: readonly ProgramFunction[];
  readonly #serial: Serial;

  /** `ways`: the graph, or the two of a merged one. `share`: of the instance's memory. `serial`: of the instance, whose runs take turns. */
  constructor(instance: EngineInstance, ways: readonly ProgramFunction[], share = 1, serial: Serial = createSerial()) {
    const [first] = ways;
    if (!first)
      throw new ServiceError('model_unavailable', 'the program of the model lacks a graph; publish the model again');
    this.#instance = instance;
    this.#ways = ways;
    this.#serial = serial;
    this.#share = share;
    this.skipsLogits = ways.every(({ sizes }) => sizes.some(({ kind }) => kind === 'kept'));
    this.inputs = first.inputs.map(({ name }) => name);
    this.outputs = first.outputs.map(({ name }) => name);
    this.shapes = Object.fromEntries(
      first.inputs.map(({ name, dims }) => [
        name,
        dims.map((size) => {
          const known = first.sizes[size];
          return known?.kind === 'constant' ? known.value : null;
        }),
      ]),
    );
  }

  get bytes(): number {
    return Math.ceil((this.#instance?.bytes ?? 0) * this.#share);
  }

  async run(feeds: Feeds, outputs: readonly string[] = this.outputs, logitsToKeep?: RowWindow): Promise<Fetches> {
    return (await this.runHeld(feeds, outputs, [], logitsToKeep)).fetched;
  }

  runHeld(
    feeds: HeldFeeds,
    outputs: readonly string[],
    holding: readonly string[],
    logitsToKeep?: RowWindow,
  ): Promise<{ readonly fetched: Fetches; readonly held: Readonly<Record<string, Held>> }> {
    return this.#serial(async () => {
      checkNames(feeds, this.inputs, [...outputs, ...holding], this.outputs);
      const instance = this.#instance;
      if (!instance) throw new ServiceError('internal', 'a session is run that was closed');
      const way = this.#wayOf(feeds);
      // Without their padding rows are of several lengths, in which the window would lie elsewhere.
      const mayCut = holding.length === 0 && logitsToKeep === undefined;
      const lengths = mayCut ? lengthsWithoutPadding(way, feeds, outputs) : null;
      if (!lengths) {
        const run = new Run(instance, way, feeds, { kept: logitsToKeep });
        const { fetched, held } = run.run(outputs, [...new Set(holding)]);
        return { fetched: withKeptLogits(fetched, logitsToKeep), held };
      }
      checkShapes(way, feeds);
      const row = (part: Feeds, beside: number) => new Run(instance, way, part, { beside }).run(outputs, []).fetched;
      return { fetched: runWithoutPadding(way, feeds, lengths, outputs, row), held: {} };
    });
  }

  /** The memory goes with the last reference to the instance. */
  async close(): Promise<void> {
    await this.#serial(async () => {
      this.#instance = undefined;
    });
  }

  #wayOf(feeds: HeldFeeds): ProgramFunction {
    const way = this.#ways.find(({ condition, inputs }) => {
      if (!condition) return true;
      const tensor = feeds[inputs[condition.input]?.name ?? ''];
      const value = tensor && 'data' in tensor ? Boolean(Number(tensor.data[0])) : false;
      return value === condition.value;
    });
    if (!way)
      throw new ServiceError(
        'model_unavailable',
        'the program of the model lacks one of its ways; publish the model again',
      );
    return way;
  }
}
