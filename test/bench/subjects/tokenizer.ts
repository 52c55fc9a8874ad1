// Throughput of the tokenizer in workerd on English by line, against @huggingface/tokenizers in the same isolate.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare, type V4ModuleDefinition } from 'miniflare';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { bertTokenizerJson, UNCASED } from '../../tokenizer/bert-tokenizer-json.ts';
import { generatedText } from '../../tokenizer/generated-texts.ts';
import type { Subject } from '../bench.ts';
import { compare } from '../measure.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SHARED = join(ROOT, '../shared');
const ENGLISH_BYTES = 45_000;

/** Milliseconds that one run of each of two jobs of workers/tokenizer.ts takes in the isolate. */
export type CompareJobs = (ours: string, peer: string, repeats: number) => Promise<{ ours: number; peer: number }>;

/** Starts the Worker for as long as `use` runs. */
export async function withTokenizerWorker(
  use: (compareJobs: CompareJobs, textBytes: number) => Promise<void>,
): Promise<void> {
  const english = readEnglish();
  const miniflare = await startWorker(english);
  try {
    const origin = await miniflare.ready;
    const job = (path: string) => async (times: number) => {
      const response = await fetch(new URL(`/${path}&times=${times}`, origin));
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return response.text();
    };
    await use(
      (ours, peer, repeats) => compare({ ours: job(ours), peer: job(peer) }, { repeats }),
      Buffer.byteLength(english),
    );
  } finally {
    await miniflare.dispose();
  }
}

async function startWorker(english: string): Promise<Miniflare> {
  const tokenizerJson = readTokenizerJson();
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'test/bench/workers/tokenizer.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    outdir: '/',
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    external: ['compiled.bin', 'tokenizer.json.txt', 'english.txt'],
  });
  const built = outputFiles.map(({ path, contents }): V4ModuleDefinition => {
    return { type: path.endsWith('.js') ? 'ESModule' : 'CompiledWasm', path: basename(path), contents };
  });
  const modules: V4ModuleDefinition[] = [
    ...built.filter(({ type }) => type === 'ESModule'),
    ...built.filter(({ type }) => type !== 'ESModule'),
    { type: 'Data', path: 'compiled.bin', contents: compileTokenizer(tokenizerJson) },
    { type: 'Text', path: 'tokenizer.json.txt', contents: tokenizerJson },
    { type: 'Text', path: 'english.txt', contents: english },
  ];
  return new Miniflare(convertV4MiniflareOptions({ modules, compatibilityDate: '2026-08-01', cf: false }));
}

/** bert-base-uncased and a book where they are there, else the fixtures. */
function readTokenizerJson(): string {
  const real = join(SHARED, 'tokenizers/bert-base-uncased/tokenizer.json');
  if (existsSync(real)) return readFileSync(real, 'utf8');
  return bertTokenizerJson(readFileSync(join(ROOT, 'test/fixtures/tokenizer/vocab.txt'), 'utf8'), UNCASED);
}

function readEnglish(): string {
  const books = join(SHARED, 'data/text/books.jsonl.gz');
  if (!existsSync(books))
    return Array.from({ length: 2000 }, (_, i) => generatedText(i))
      .join('\n')
      .slice(0, ENGLISH_BYTES);
  const unpacked = gunzipSync(readFileSync(books));
  const { text } = JSON.parse(unpacked.subarray(0, unpacked.indexOf('\n')).toString()) as { text: string };
  const start = text.indexOf('\n', text.length >> 1) + 1;
  return text.slice(start, start + ENGLISH_BYTES).replaceAll(/\n+/g, '\n');
}

export default {
  name: 'tokenizer',
  summary: 'ids and offsets in workerd, against @huggingface/tokenizers (which gives no offsets)',
  run: (report) =>
    withTokenizerWorker(async (compareJobs, textBytes) => {
      for (const [name, job] of [
        ['45 KB of English by line', 'lines'],
        ['45 KB of English at once', 'whole'],
      ] as const) {
        const { ours, peer } = await compareJobs(`${job}?`, `peer-${job}?`, 60);
        const speed = (milliseconds: number): number => textBytes / 1000 / milliseconds;
        report({ case: name, unit: 'MB/s', ours: speed(ours), peer: speed(peer), ratio: peer / ours });
      }
      const { ours, peer } = await compareJobs('open?', 'peer-open?', 10);
      report({ case: 'open', unit: 'ms', ours, peer, ratio: peer / ours });
    }),
} satisfies Subject;
