// The project's own engine beside onnxruntime-web, in one isolate on the same ONNX files, of real sizes and with random weights.

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Checkpoint } from '../../../model-assets/checkpoint.ts';
import { bytesOf } from '../../../model-assets/content.ts';
import { bundle } from '../../../model-assets/host/bundle.ts';
import { DOT_PAIRS, DOT_PLAIN } from '../../../shared/runtime/engine/command-format.ts';
import { STEP_LINEAR } from '../../../shared/runtime/engine/program.ts';
import { HEADER_BYTES } from '../../../shared/runtime/engine/program-format.ts';
import { readHeader, readProgram } from '../../../shared/runtime/engine/read-program.ts';
import { weightBytes } from '../../../shared/runtime/engine/weight-bytes.ts';
import type { Row, Subject } from '../bench.ts';
import { time, withBoth } from '../both-engines.ts';
import { benchModels, inBytesOf, inInt4Of, peerOf, withInt4Weights, withInt8Attention } from '../engine-models.ts';
import { buildLimits } from '../limits.ts';
import type { Workerd } from '../workerd.ts';
import { reportFirstAnswers } from './engine-first.ts';

type Report = (row: Omit<Row, 'subject'>) => void;

const TOKENS = [8, 16, 32, 64, 128, 256];
const ENCODERS = [
  { model: 'bench-minilm', like: 'MiniLM-L6' },
  { model: 'bench-distilbert', like: 'DistilBERT' },
  { model: 'bench-bert', like: 'BERT-base' },
];
const WRITERS = [
  { model: 'bench-gpt2', like: 'DistilGPT-2' },
  { model: 'bench-t5', like: 'T5-small' },
];
/** BERT-base's size among them, of which 8 bits are more than models may hold in an isolate. */
const HEAPS = ENCODERS.slice(1);
const MODES = [
  { mode: DOT_PLAIN, label: ', plain SIMD' },
  { mode: DOT_PAIRS, label: ', in pairs' },
];
const CONTEXT = 64;
const BEAMS = 4;
/** Further tokens, so that one stands behind a little more than CONTEXT. */
const STEPS = 24;
const MIB = 2 ** 20;

export default {
  name: 'engine',
  summary:
    'the project’s own engine against onnxruntime-web in the same isolate, int8 with random weights (BENCH_MODELS)',
  async run(report) {
    const folder = benchModels();
    if (folder === null) return;
    await buildLimits();
    for (const { model, like } of ENCODERS) {
      const at = join(folder, model);
      const further = [await withInt8Attention(at, model), await withInt4Weights(at, model)];
      await withBoth(folder, model, (workerd) => reportForward(workerd, model, like, report), further);
    }
    for (const { model, like } of WRITERS) {
      const int4 = await withInt4Weights(join(folder, model), model);
      await withBoth(
        folder,
        model,
        async (workerd, [ours]) => {
          const bytes = { given: await stepBytes(ours), int4: await stepBytes(int4) };
          await reportSteps(workerd, { model, like, bytes }, report);
          await reportBeams(workerd, model, like, report);
        },
        [int4],
      );
    }
    for (const { model, like } of HEAPS) {
      const int4 = await withInt4Weights(join(folder, model), model);
      await withBoth(folder, model, (workerd) => reportHeap(workerd, model, like, report), [int4]);
    }
    await reportFirstAnswers(folder, report);
    await reportScript(report);
  },
} satisfies Subject;

async function reportForward(workerd: Workerd, model: string, like: string, report: Report): Promise<void> {
  for (const tokens of TOKENS) {
    const it = { kind: 'forward', tokens } as const;
    const ours = [
      ...[{ label: '' }, ...MODES].map(({ label, ...mode }) => ({ label, it: { ...it, model, ...mode } })),
      { label: ', attention in int8', it: { ...it, model: inBytesOf(model) } },
      { label: ', weights in int4', it: { ...it, model: inInt4Of(model) } },
    ];
    const [peer = 0, ...times] = await time(
      workerd,
      [{ ...it, model: peerOf(model) }, ...ours.map((each) => each.it)],
      Math.max(1, Math.round(256 / tokens)),
    );
    for (const [n, { label }] of ours.entries()) {
      const own = times[n] ?? 0;
      report({ case: `${like}, ${tokens} tokens${label}`, unit: 'ms', ours: own, peer, ratio: peer / own });
    }
  }
}

/** A token of a decoder: beside onnxruntime-web, and its weights a second beside what can be read of memory. */
async function reportSteps(
  workerd: Workerd,
  { model, like, bytes }: { model: string; like: string; bytes: { given: number; int4: number } },
  report: Report,
): Promise<void> {
  const it = { kind: 'step', context: CONTEXT } as const;
  const ours = [
    ...[{ label: '' }, ...MODES].map(({ label, ...mode }) => ({
      label,
      size: bytes.given,
      it: { ...it, model, ...mode },
    })),
    { label: ', weights in int4', size: bytes.int4, it: { ...it, model: inInt4Of(model) } },
  ];
  const reading = [bytes.given, bytes.int4].map((size) => ({ kind: 'read', bytes: size }) as const);
  const [peer = 0, all = 0, less = 0, ...times] = await time(
    workerd,
    [{ ...it, model: peerOf(model) }, ...reading, ...ours.map((each) => each.it)],
    STEPS,
  );
  for (const [n, { label, size }] of ours.entries()) {
    const own = times[n] ?? 0;
    const read = size === bytes.given ? all : less;
    report({ case: `${like}, a token at ${CONTEXT}${label}`, unit: 'ms', ours: own, peer, ratio: peer / own });
    const speed = (ms: number) => size / ms / 1e6;
    const name = `${like}, its ${Math.round(size / 1e6)} MB of weights; reading alone${label}`;
    report({ case: name, unit: 'GB/s', ours: speed(own), peer: speed(read), ratio: read / own });
  }
}

/** A step of all beams, whose rows share each weight that is read. */
async function reportBeams(workerd: Workerd, model: string, like: string, report: Report): Promise<void> {
  const it = { kind: 'step', context: CONTEXT, beams: BEAMS } as const;
  const [peer = 0, given = 0, int4 = 0] = await time(
    workerd,
    [peerOf(model), model, inInt4Of(model)].map((name) => ({ ...it, model: name })),
    STEPS,
  );
  for (const [label, own] of [
    ['', given],
    [', weights in int4', int4],
  ] as const) {
    const name = `${like}, a step of ${BEAMS} beams at ${CONTEXT}${label}`;
    report({ case: name, unit: 'ms', ours: own, peer, ratio: peer / own });
  }
}

/** Bytes of weights that one further token reads: products, in the way that is fed a past. */
async function stepBytes({ manifest: { engine }, blobs }: Checkpoint): Promise<number> {
  const content = engine.name === 'edge' ? blobs.get(engine.program.sha256) : undefined;
  if (!content) throw new Error('the model has no program');
  const bytes = await bytesOf(content);
  const header = readHeader(bytes.subarray(0, HEADER_BYTES), bytes.byteLength);
  const { functions } = readProgram(header, bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.programBytes));
  const way = functions.filter(({ graph }) => graph !== 'encoder').find(({ condition }) => condition?.value !== false);
  const layers = (way?.steps ?? []).filter(({ kind }) => kind === STEP_LINEAR);
  return layers.flatMap(({ kind, words }) => weightBytes(kind, words)).reduce((sum, [, bytes]) => sum + bytes, 0);
}

async function reportHeap(workerd: Workerd, model: string, like: string, report: Report): Promise<void> {
  for (const tokens of [128, 512]) {
    const heap = async (name: string) => Number(await workerd.get(`/heap?model=${name}&tokens=${tokens}`)) / MIB;
    const peer = await heap(peerOf(model));
    for (const [label, name] of [
      ['', model],
      [', weights in int4', inInt4Of(model)],
    ] as const) {
      const ours = await heap(name);
      report({
        case: `${like}, WASM heap after ${tokens} tokens${label}`,
        unit: 'MiB',
        ours,
        peer,
        ratio: peer / ours,
      });
    }
  }
}

async function reportScript(report: Report): Promise<void> {
  const size = async (isLean: boolean) =>
    (await bundle('functions/index.ts', isLean)).reduce(
      (sum, { contents }) => sum + gzipSync(Buffer.from(contents ?? ''), { level: 9 }).byteLength,
      0,
    ) / 1000;
  const [ours, peer] = [await size(true), await size(false)];
  report({ case: 'Worker without onnxruntime-web; with it, gzip', unit: 'kB', ours, peer, ratio: peer / ours });
}
