// What a model takes of an isolate's memory, term by term. For the project's own engine it is what its planner says; for onnxruntime-web
// an estimate by what its heap was measured at (int8 models of 32 and 64 MB).

import { lastOf, positionsAtOnce } from '../../shared/generate/decoding.ts';
import { OF_SOURCE, PAST, PRESENT } from '../../shared/generate/past.ts';
import type { Manifest } from '../../shared/model/manifest.ts';
import { GROWN } from '../../shared/runtime/engine/cache-room.ts';
import { DOT_SIGNED } from '../../shared/runtime/engine/command-format.ts';
import { toPlan } from '../../shared/runtime/engine/plan.ts';
import type { Program, ProgramFunction } from '../../shared/runtime/engine/program.ts';
import { HEADER_BYTES } from '../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../shared/runtime/engine/read-program.ts';
import { evaluateSizes } from '../../shared/runtime/engine/sizes.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { bytesOf } from '../content.ts';

/** What Cloudflare gives an isolate. */
export const ISOLATE_MB = 128;
const MIB = 2 ** 20;
/** A short text, and the longest that is reckoned with where a model takes any. */
const SHORT = 128;
const LONG = 512;
/** The engine's own code and stack. */
const ENGINE = 2 * 65536;
/** Heap of onnxruntime-web without a model, and its share for weights in and beside the graph. */
const ORT = { own: 16 * MIB, inside: 2.15, beside: 1.05 };

export interface MemoryTerm {
  readonly what: string;
  readonly bytes: number;
}

export interface Memory {
  readonly terms: readonly MemoryTerm[];
  /** With a text of so many tokens, beside all terms. */
  readonly work: readonly { readonly tokens: number; readonly bytes: number }[];
}

export async function memoryOf({ manifest, blobs }: Checkpoint): Promise<Memory> {
  const tokenizer = { what: 'tokenizer', bytes: manifest.tokenizer.bytes };
  if (manifest.engine.name === 'onnxruntime-web') return { terms: [...ortTerms(manifest), tokenizer], work: [] };
  const content = blobs.get(manifest.engine.program.sha256);
  if (!content) throw new Error('the checkpoint lacks its program');
  const header = readHeader(await bytesOf(content, 0, HEADER_BYTES), content.size);
  const program = readProgram(header, await bytesOf(content, HEADER_BYTES, HEADER_BYTES + header.programBytes));
  const longest = Math.min(manifest.maxLength, LONG);
  const lengths = [...new Set([Math.min(SHORT, longest), longest])];
  return {
    terms: [{ what: 'weights', bytes: program.imageBytes }, { what: 'engine', bytes: ENGINE }, tokenizer],
    work: lengths.flatMap((tokens) => {
      const bytes = workBytes(program, tokens, manifest.generation !== null);
      return bytes === undefined ? [] : [{ tokens, bytes }];
    }),
  };
}

function ortTerms({ graphs }: Manifest): MemoryTerm[] {
  const all = Object.values(graphs);
  const inside = all.reduce((sum, { onnx }) => sum + onnx.bytes, 0);
  const beside = all.flatMap(({ externalData }) => externalData).reduce((sum, { blob }) => sum + blob.bytes, 0);
  return [
    { what: 'onnxruntime-web', bytes: ORT.own },
    ...(inside > 0 ? [{ what: `${ORT.inside} × ${mebibytes(inside)} of graphs`, bytes: ORT.inside * inside }] : []),
    ...(beside > 0 ? [{ what: `${ORT.beside} × ${mebibytes(beside)} of weights`, bytes: ORT.beside * beside }] : []),
  ];
}

/**
 * Of the graph that needs most, with what it holds; undefined where a size cannot be told by the names of inputs. `writes`: of all tokens that
 * it reads the scores of the last are wanted. A text to be filled may have its masks at both ends.
 */
function workBytes(program: Program, tokens: number, writes: boolean): number | undefined {
  const held = heldBytes(program, tokens);
  const each = program.functions.map((code) => {
    try {
      const { workBytes, commands } = toPlan(
        {
          code,
          sizes: evaluateSizes(code.sizes, {
            inputs: inputsOf(code, tokens),
            capacity: tokens,
            pastCapacity: 0,
            kept: writes ? lastOf(readIn(code, tokens)) : undefined,
          }),
          outputs: [...code.outputs.keys()],
          image: { at: 0, bytes: program.imageBytes },
          held: new Map(heldBuffers(code).map((buffer) => [buffer, program.imageBytes])),
          inPlace: new Set(),
          oneRows: new Map(),
          mode: DOT_SIGNED,
        },
        program.imageBytes,
      );
      // When the encoder runs, nothing is held yet.
      return workBytes + commands.byteLength + (code.graph === 'encoder' ? 0 : held);
    } catch {
      return undefined;
    }
  });
  const known = each.filter((bytes) => bytes !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** One text, by the names that exporters give inputs: as it is read in service, where a decoder sees no more of it than it has to. */
function inputsOf(code: ProgramFunction, tokens: number): number[][] {
  const read = readIn(code, tokens);
  return code.inputs.map(({ name, dims }) =>
    dims.map((size, axis) => {
      const known = constant(code, size);
      if (known !== undefined) return known;
      if (name.startsWith(PAST)) return axis === 2 ? (name.includes(OF_SOURCE) ? tokens : 0) : 1;
      if (name.startsWith('encoder_')) return axis === 1 ? tokens : 1;
      return axis === 1 ? read : 1;
    }),
  );
}

const readIn = (code: ProgramFunction, tokens: number) =>
  code.graph === 'encoder' ? tokens : Math.min(tokens, readAtOnce(code));

/** Tokens that a graph reads in one run: a decoder with a source one, a decoder alone as many as it may give the scores of. */
function readAtOnce(code: ProgramFunction): number {
  if (code.inputs.some(({ name }) => name.startsWith('encoder_') || name.includes(OF_SOURCE))) return 1;
  const scores = code.outputs.some(({ name }) => name.startsWith(PRESENT))
    ? code.outputs.find(({ name }) => name === 'logits')
    : undefined;
  const vocabulary = scores && constant(code, scores.dims[2] ?? -1);
  const skipsLogits = code.sizes.some(({ kind }) => kind === 'kept');
  return vocabulary ? positionsAtOnce(vocabulary, skipsLogits) : Number.POSITIVE_INFINITY;
}

/** Keys and values, which lie outside of what a run works in. */
function heldBuffers({ buffers, inputs, outputs }: ProgramFunction): number[] {
  const past = buffers.flatMap(({ place }, buffer) =>
    place.kind === 'input' && inputs[place.input]?.name.startsWith(PAST) ? [buffer] : [],
  );
  return [...past, ...outputs.flatMap(({ name, buffer }) => (name.startsWith(PRESENT) ? [buffer] : []))];
}

/** Keys and values of a text of `tokens`, and of a source of as many. */
function heldBytes(program: Program, tokens: number): number {
  const each = program.functions.map((code) =>
    code.inputs.reduce((sum, { name, dims }) => {
      if (!name.startsWith(PAST)) return sum;
      const positions = name.includes(OF_SOURCE) ? tokens : GROWN.perToken * tokens + GROWN.more;
      return sum + 4 * positions * dims.reduce((product, size) => product * (constant(code, size) ?? 1), 1);
    }, 0),
  );
  return Math.max(0, ...each);
}

function constant({ sizes }: ProgramFunction, size: number): number | undefined {
  const entry = sizes[size];
  return entry?.kind === 'constant' ? entry.value : undefined;
}

/** The arithmetic, and the fault if the model does not fit. `budget`: WASM_BUDGET_MIB. */
export function reckon(
  { terms, work }: Memory,
  budget: number,
): { readonly lines: readonly string[]; readonly fault?: string } {
  const resident = terms.reduce((sum, { bytes }) => sum + bytes, 0);
  const sum = terms.map(({ what, bytes }) => `${mebibytes(bytes)} ${what}`).join(' + ');
  const bound = `${budget} MiB that models may hold (WASM_BUDGET_MIB) of the isolate's ${ISOLATE_MB} MB`;
  const lines = [
    `memory: ${sum} = ${mebibytes(resident)}`,
    ...work.map(({ tokens, bytes }) => {
      const total = resident + bytes;
      const over = total > budget * MIB ? `: more than the ${bound}` : '';
      return `  ${tokens} tokens: + ${mebibytes(bytes)} = ${mebibytes(total)}${over}`;
    }),
  ];
  const least = resident + (work[0]?.bytes ?? 0);
  if (least <= budget * MIB) return { lines };
  const at = work[0] ? ` with a text of ${work[0].tokens} tokens` : '';
  return {
    lines,
    fault: `it takes ${mebibytes(least)}${at}, more than the ${bound}; a smaller model does, or weights in bytes (--dtype q8)`,
  };
}

const mebibytes = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
