// A manifest: all that is known of a published model before it is opened. Written when the model is published, read in the
// isolate; publishing and reading share this schema.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';
import { decodeStep } from '../tokenizer/decode/steps.ts';

/** Immutable bytes in the bucket, found under the hash of what they are. */
const blobRef = z.strictObject({
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  bytes: z.int().check(z.positive()),
});

/** As the Hub names models: `name` or `owner/name`. */
export const MODEL_NAME = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;

const graph = z.strictObject({
  onnx: blobRef,
  /** Weights beside the graph, under the path by which it names them. */
  externalData: z.array(z.strictObject({ path: z.string(), blob: blobRef })),
});

/** Which engine runs the graphs, and why; `program`: what the project's own reads in the place of the ONNX files. */
const engine = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('edge'),
    reason: z.string(),
    /** Where the products of attention are computed in bytes. */
    attention: z.optional(z.literal('int8')),
    /** Where large weights were made 4 bits. */
    weights: z.optional(z.literal('int4')),
    program: blobRef,
  }),
  z.strictObject({ name: z.literal('onnxruntime-web'), reason: z.string() }),
]);

/** Generation parameters by their names on the wire: those that the checkpoint sets. */
const defaults = z.record(z.string(), z.json());

const generation = z.strictObject({
  defaults,
  /** Stands before every input. */
  prefix: z.string(),
  /** The same for single tasks (`task_specific_params`). */
  tasks: z.record(z.string(), z.strictObject({ prefix: z.string(), defaults })),
  /** Tokens that a decoder takes together: a prompt and what follows. */
  positions: z.int().check(z.positive()),
  /** What an empty prompt begins with. */
  bosId: z.nullable(z.int()),
  /** Tokens that end a text. */
  eosIds: z.array(z.int()),
  /** What the decoder of an encoder and decoder begins with. */
  decoderStartId: z.nullable(z.int()),
  /** `renormalize_logits`, which is no parameter. */
  renormalize: z._default(z.boolean(), false),
  /** `capitals_from_source`, which is no parameter either, and this project's: see shared/generate/capitals.ts. */
  capitalsFromSource: z._default(z.boolean(), false),
  /** Token of each language that the tokenizer names; empty where languages are no tokens. */
  languages: z.record(z.string(), z.int()),
  /** The languages of a model that translates one pair, where the checkpoint names them. */
  pair: z._default(z.nullable(z.strictObject({ source: z.string(), target: z.string() })), null),
});

const manifest = z.strictObject({
  format: z.literal(1),
  name: z.string().check(z.regex(MODEL_NAME)),
  /** Names this very content: a hash over everything else in the manifest. */
  revision: z.string(),
  task: z.string(),
  /** `model_type` of the checkpoint's config.json: bert, distilbert, … */
  architecture: z.string(),
  description: z.string(),
  license: z.string(),
  origin: z.string(),
  /** The repository of the Hub that it was taken from, at which commit; null where it was a folder. */
  source: z._default(z.nullable(z.strictObject({ repository: z.string(), commit: z.string() })), null),
  /** Tokens of the longest sequence that the graph takes, special tokens included. */
  maxLength: z.int().check(z.positive()),
  /** Where a text that is longer is cut, if that is asked for; undefined is on the right. */
  truncationSide: z.optional(z.enum(['left', 'right'])),
  /** Label of each logit, by its index; empty where the model has no classification head. */
  id2label: z.array(z.string()),
  /** What the card is tagged with; `seeded`: weights that were never trained. */
  tags: z.array(z.string()),
  pieces: z.strictObject({
    /** What a piece begins with that goes on with a word, such as ##; null where the tokenizer has no such mark. */
    continuingSubwordPrefix: z.nullable(z.string()),
    unknownId: z.nullable(z.int()),
    maskId: z.nullable(z.int()),
    padId: z.nullable(z.int()),
    /** What a sequence begins with that is classified by it; undefined in manifests that are older than this field. */
    clsId: z.optional(z.nullable(z.int())),
  }),
  /** How ids become text. */
  decoding: z.strictObject({
    /** Null: pieces are joined with spaces. */
    steps: z.nullable(z.array(decodeStep)),
    specialIds: z.array(z.int()),
    cleanUpTokenizationSpaces: z.boolean(),
  }),
  /** How hidden states become an embedding, where the checkpoint says so. */
  embedding: z.nullable(
    z.strictObject({
      pooling: z.enum(['mean', 'cls', 'last']),
      normalize: z.boolean(),
      /** Texts to put before an input, by their names. */
      prompts: z.record(z.string(), z.string()),
      defaultPrompt: z.nullable(z.string()),
    }),
  ),
  /** How the model writes; null where it does not. */
  generation: z.nullable(generation),
  problemType: z.nullable(z.enum(['regression', 'single_label_classification', 'multi_label_classification'])),
  tokenizer: blobRef,
  /** The checkpoint's own files as they were, by their paths; the isolate reads none of them. */
  files: z._default(z.record(z.string(), blobRef), {}),
  graphs: z.partialRecord(z.enum(['model', 'encoder', 'decoder', 'decoder_with_past']), graph),
  engine: z._default(engine, { name: 'onnxruntime-web', reason: 'it was published before there was another' }),
});

export type BlobRef = z.output<typeof blobRef>;
export type Manifest = z.output<typeof manifest>;
export type GraphName = keyof Manifest['graphs'];
export type Graph = z.output<typeof graph>;
export type Engine = z.output<typeof engine>;

/** Where manifests lie in the bucket. */
export const MANIFESTS = 'manifests/';
export const manifestKey = (name: string) => `${MANIFESTS}${name}.json`;
/** The name of the model whose manifest lies under `key`. */
export const nameOf = (key: string) => key.slice(MANIFESTS.length, -'.json'.length);
/** Where a blob lies in the bucket. */
export const blobKey = ({ sha256 }: BlobRef) => `blobs/${sha256}`;

/** Parses a manifest's JSON. Throws `model_unavailable`, naming the model and what is wrong: the first field, or all that are not known. */
export function parseManifest(name: string, json: string): Manifest {
  const result = manifest.safeParse(parseJson(name, json));
  if (!result.success) throw refused(name, result.error.issues);
  // An isolate knows its models by the name that is in here.
  if (result.data.name !== name) throw damaged(name, `it is that of ${result.data.name}`);
  return result.data;
}

function refused(name: string, issues: readonly z.core.$ZodIssue[]): ServiceError {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  if (unknown.length > 0) {
    const cure = 'a newer version published it: deploy the Worker again from that, and use its tools';
    return damaged(name, `unknown here: ${unknown.join(', ')}`, { cure });
  }
  const [issue] = issues;
  return damaged(name, `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}

/** Everything that is published of the model, each blob once. */
export function blobsOf({ tokenizer, files, graphs, engine }: Manifest): readonly BlobRef[] {
  const all = [
    tokenizer,
    ...Object.values(files),
    ...onnxOf(graphs),
    ...(engine.name === 'edge' ? [engine.program] : []),
  ];
  return [...new Map(all.map((blob) => [blob.sha256, blob])).values()];
}

/** What opening the model reads. */
export function openedBlobsOf({ tokenizer, graphs, engine }: Manifest): readonly BlobRef[] {
  return [tokenizer, ...(engine.name === 'edge' ? [engine.program] : onnxOf(graphs))];
}

function onnxOf(graphs: Manifest['graphs']): readonly BlobRef[] {
  return Object.values(graphs).flatMap(({ onnx, externalData }) => [onnx, ...externalData.map(({ blob }) => blob)]);
}

/** What one token goes through: the decoder's graph with its weights, where there are two the one for all but the first step. */
export function decoderBytes({ graphs }: Manifest): number {
  const decoder = graphs.decoder_with_past ?? graphs.decoder ?? graphs.model;
  if (!decoder) return 0;
  return decoder.externalData.reduce((sum, { blob }) => sum + blob.bytes, decoder.onnx.bytes);
}

/** Of what opening the model reads. */
export function totalBytes(manifest: Manifest): number {
  return openedBlobsOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
}

function parseJson(name: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw damaged(name, 'it is not JSON', { cause });
  }
}

function damaged(
  name: string,
  reason: string,
  { cure = 'publish it again', cause }: { readonly cure?: string; readonly cause?: unknown } = {},
): ServiceError {
  return new ServiceError('model_unavailable', `the manifest of model ${name} cannot be read (${reason}); ${cure}`, {
    cause,
  });
}
