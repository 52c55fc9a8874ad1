// Fuzzes programs for so many minutes of one core, and stops at the first finding, which it prints with its seed.
//
//   node test/runtime/engine/fuzz/fuzz.ts <minutes> [first seed]
//
// A round takes an honest program, alters its bytes or what it says, opens it, and runs what opens at a few shapes, with tensors that are held
// and go on, and with numbers that are none. It may be refused, or say anything; but no command may reach outside of the memory that it was
// given (watched-instance.ts), weights and what is held stay as they are, nothing traps, takes long, or throws but a ServiceError.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../../../../shared/errors.ts';
import { checkProgram } from '../../../../shared/runtime/engine/check-program.ts';
import { EngineSession } from '../../../../shared/runtime/engine/engine-session.ts';
import { EngineHeld } from '../../../../shared/runtime/engine/held.ts';
import { loadEngine } from '../../../../shared/runtime/engine/load-engine.ts';
import type { Program, ProgramFunction } from '../../../../shared/runtime/engine/program.ts';
import { HEADER_BYTES } from '../../../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../../../shared/runtime/engine/read-program.ts';
import { tryPlan } from '../../../../shared/runtime/engine/trial-plan.ts';
import type { Fetches, HeldFeeds } from '../../../../shared/runtime/session.ts';
import { createRandom, type Random } from '../random.ts';
import { alterBytes, alterProgram } from './alter.ts';
import { readHonest } from './corpus.ts';
import { type Dims, feedsOf, findDims } from './feeds.ts';
import type { Honest } from './single-steps.ts';
import { WatchedInstance } from './watched-instance.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const MOST_SECONDS = 5;
/** Those that say what is wrong with the model or the input. */
const CODES = ['model_unavailable', 'invalid_input', 'too_large', 'overloaded'];

const [minutes = '30', first = '1'] = process.argv.slice(2);
const wasm = new WebAssembly.Module(readFileSync(join(ROOT, 'shared/runtime/engine/engine.wasm')));

interface Subject {
  readonly honest: Honest;
  /** For each function, dimensions that it takes. */
  readonly dims: readonly (readonly Dims[])[];
  instance: WatchedInstance | undefined;
  /** What the sound program says. */
  answer: string;
}

const counts = { altered: 0, opened: 0, runs: 0, answered: 0, commands: 0 };
const subjects: Subject[] = [];
for (const honest of await readHonest()) {
  const dims = await Promise.all(honest.program.functions.map((code) => answeredDims(honest, code)));
  const subject = { honest, dims, instance: undefined, answer: '' };
  subject.answer = await soundAnswer(subject);
  subjects.push(subject);
}
console.log(`${subjects.length} honest programs at ${subjects.flatMap(({ dims }) => dims.flat()).length} shapes`);

const usedSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
const end = usedSeconds() + Number(minutes) * 60;
let seed = Number(first);
for (; usedSeconds() < end; seed++) {
  const random = createRandom(seed);
  const subject = random.pick(subjects);
  const began = usedSeconds();
  try {
    const file = (random.integer(0, 3) === 0 ? alterBytes : alterProgram)(subject.honest, random);
    counts.altered++;
    await survives(subject, file, random);
    if (usedSeconds() - began > MOST_SECONDS) throw new Error(`it took ${usedSeconds() - began} s`);
    if (seed % 10_000 === 0) console.log(`seed ${seed}, ${Math.round(usedSeconds())} s, ${JSON.stringify(counts)}`);
    if (seed % 500 === 0) {
      const other = random.pick(subjects);
      if ((await soundAnswer(other)) !== other.answer) throw new Error(`${other.honest.name} has another answer`);
    }
  } catch (error) {
    console.log(`seed ${seed}, ${subject.honest.name}, ${JSON.stringify(counts)}`);
    throw error;
  }
}
console.log(`${JSON.stringify(counts)}: nothing found; next seed ${seed}`);

/** Shapes that fit not only as far as the program says before it is planned. */
async function answeredDims(honest: Honest, code: ProgramFunction): Promise<Dims[]> {
  const session = new EngineSession(instanceFor(honest), [code]);
  const answered: Dims[] = [];
  for (const dims of findDims(code, createRandom(1), 40)) {
    const error = await session.run(feedsOf(code, dims, createRandom(7))).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error && !isRefusal(error)) throw error;
    // An index that points at nothing is no matter of shapes.
    if (!error || (isRefusal(error) && error.message.includes('does not know'))) answered.push(dims);
  }
  if (answered.length === 0) throw new Error(`${honest.name}, ${code.graph}: no shapes were found`);
  return answered;
}

/** What the sound program says at its first shapes, on an instance of its own. */
async function soundAnswer({ honest, dims }: Subject): Promise<string> {
  const instance = instanceFor(honest);
  const answers: string[] = [];
  for (const [i, code] of honest.program.functions.entries()) {
    const session = new EngineSession(instance, [code]);
    const answer = await session.run(feedsOf(code, dims[i]?.[0] ?? [], createRandom(7))).then(
      (fetched) => Object.entries(fetched).map(([name, { data }]) => `${name} ${data}`),
      (error: unknown) => [String(error)],
    );
    answers.push(...answer);
  }
  return answers.join('\n');
}

function instanceFor({ image }: Honest): WatchedInstance {
  const instance = new WatchedInstance(wasm, image.byteLength);
  instance.memory.set(image, instance.image.at);
  return instance;
}

async function survives(subject: Subject, file: Uint8Array, random: Random): Promise<void> {
  try {
    const program = await open(file, random);
    counts.opened++;
    const image = file.subarray(file.byteLength - program.imageBytes);
    const isSame = Buffer.compare(image, subject.honest.image) === 0;
    if (isSame) subject.instance ??= instanceFor(subject.honest);
    const instance = (isSame && subject.instance) || instanceFor({ ...subject.honest, image });
    const before = instance.commands;
    await runAll(subject, program, instance, random);
    counts.commands += instance.commands - before;
    const { at, bytes } = instance.image;
    if (Buffer.compare(instance.memory.subarray(at, at + bytes), image) !== 0) throw new Error('the weights changed');
    if (instance.isBroken) throw new Error('it trapped');
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

function isRefusal(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    CODES.includes(error.code) &&
    error.message !== 'the engine of the model has failed'
  );
}

/** As a loader does; now and then, by one. */
async function open(file: Uint8Array, random: Random): Promise<Program> {
  if (random.integer(0, 63) === 0) {
    const at = random.integer(0, file.byteLength);
    const chunks = [file.subarray(0, at), file.subarray(at)];
    await loadEngine(
      wasm,
      (async function* () {
        yield* chunks;
      })(),
      file.byteLength,
    );
  }
  const header = readHeader(file.subarray(0, HEADER_BYTES), file.byteLength);
  const program = readProgram(header, file.subarray(HEADER_BYTES, HEADER_BYTES + header.programBytes));
  checkProgram(program);
  // Only now and then: what a trial refuses is to be harmless when it is run, too.
  if (random.integer(0, 3) === 0) for (const code of program.functions) tryPlan(code, program.imageBytes, 0);
  return program;
}

async function runAll(subject: Subject, program: Program, instance: WatchedInstance, random: Random): Promise<void> {
  for (const ways of Map.groupBy(program.functions, ({ graph }) => graph).values()) {
    const session = new EngineSession(instance, ways);
    for (const way of ways) {
      // Shapes of the honest program, and of this one.
      const known = subject.dims[program.functions.indexOf(way)] ?? [];
      const dims = [...Array.from({ length: 2 }, () => known[random.integer(0, Math.max(0, known.length - 1))] ?? [])];
      for (const own of dims) await runOnce(session, way, own, random);
    }
  }
}

async function runOnce(session: EngineSession, way: ProgramFunction, dims: Dims, random: Random): Promise<void> {
  const held: EngineHeld[] = [];
  try {
    counts.runs++;
    const names = way.outputs.map(({ name }) => name);
    const holding = names.filter((name) => random.integer(0, 3) > 0 && /present|key|value|mems|out|hidden/.test(name));
    const feeds: HeldFeeds = feedsOf(way, dims, random);
    const keep = random.integer(0, 1) ? { start: random.integer(0, 9), count: random.integer(1, 4) } : undefined;
    const first = await session.runHeld(
      feeds,
      names.filter((name) => !holding.includes(name)),
      holding,
      keep,
    );
    held.push(...Object.values(first.held).filter((tensor) => tensor instanceof EngineHeld));
    counts.answered++;
    readAll(first.fetched);
    // On from what is held, as a decoder does.
    const next = { ...feeds, ...feedsOf(way, dims, random) };
    for (const [i, { name }] of way.inputs.entries()) {
      const of = first.held[name.replace('past_key_values', 'present').replace('past', 'present')];
      if (of && of.dims.length === dims[i]?.length) Object.assign(next, { [name]: of });
    }
    const before = held.map((tensor) => tensor.read());
    mendMask(way, next);
    const second = await session.runHeld(
      next,
      names.filter((name) => !holding.includes(name)),
      holding,
      keep,
    );
    held.push(...Object.values(second.held).filter((tensor) => tensor instanceof EngineHeld));
    counts.answered++;
    for (const [i, floats] of before.entries()) {
      const now = held[i]?.read() ?? floats;
      if (Buffer.compare(Buffer.from(floats.buffer), Buffer.from(now.buffer)) !== 0)
        throw new Error('what is held changed');
    }
    if (held[0]?.dims[0]) held[0].pick(Array.from({ length: random.integer(1, 3) }, () => 0));
    held[0]?.read();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  } finally {
    for (const tensor of held) tensor.release();
  }
}

/** A mask over past and present is longer by what is held now. */
function mendMask(way: ProgramFunction, feeds: HeldFeeds): void {
  const ids = feeds.input_ids;
  const past = Object.values(feeds).find((tensor) => tensor instanceof EngineHeld);
  const mask = way.inputs.find(({ name }) => name === 'attention_mask');
  if (!ids || !past || !mask) return;
  const dims = [ids.dims[0] ?? 1, (ids.dims[1] ?? 1) + (past.dims[2] ?? 0)];
  const length = dims.reduce((x, y) => x * y, 1);
  Object.assign(feeds, { attention_mask: { data: new BigInt64Array(length).fill(1n), dims } });
}

function readAll(fetched: Fetches): void {
  for (const { data, dims } of Object.values(fetched)) {
    if (data.length !== dims.reduce((x, y) => x * y, 1)) throw new Error(`${data.length} elements of [${dims}]`);
  }
}
