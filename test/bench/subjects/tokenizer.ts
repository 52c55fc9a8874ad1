// Throughput of the tokenizer in workerd on English by line, against @huggingface/tokenizers in the same isolate.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare, type V4ModuleDefinition } from 'miniflare';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { bertTokenizerJson, UNCASED } from '../../tokenizer/bert-tokenizer-json.ts';
import { generatedText } from '../../tokenizer/generated-texts.ts';
import type { Subject } from '../bench.ts';
import { writeLargeTokenizer } from '../large-vocabulary.ts';
import { compare } from '../measure.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SHARED = join(ROOT, '../shared');
const ENGLISH_BYTES = 45_000;
/** As many pieces as XLM-R has. */
const LARGE = 250_002;

/** Milliseconds that one run of each of two jobs of workers/tokenizer.ts takes in the isolate. */
export type CompareJobs = (
  ours: string,
  peer: string,
  repeats: number,
  rounds?: number,
) => Promise<{ ours: number; peer: number }>;

/** Starts the Worker for as long as `use` runs. `path`: of a tokenizer.json; BERT's where nothing is said. */
export async function withTokenizerWorker(
  use: (compareJobs: CompareJobs, textBytes: number, ask: (path: string) => Promise<string>) => Promise<void>,
  path?: string,
): Promise<void> {
  const english = readEnglish();
  const miniflare = await startWorker(english, path ? readFileSync(path, 'utf8') : readTokenizerJson());
  try {
    const origin = await miniflare.ready;
    const ask = async (path: string) => {
      const response = await fetch(new URL(`/${path}`, origin));
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return response.text();
    };
    const job = (path: string) => (times: number) => ask(`${path}&times=${times}`);
    await use(
      (ours, peer, repeats, rounds = 7) => compare({ ours: job(ours), peer: job(peer) }, { repeats, rounds }),
      Buffer.byteLength(english),
      ask,
    );
  } finally {
    await miniflare.dispose();
  }
}

async function startWorker(english: string, tokenizerJson: string): Promise<Miniflare> {
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

/** One of each algorithm: WordPiece, byte-level BPE, Unigram. */
const FAMILIES = ['bert-base-uncased', 'roberta-base', 't5-small'];

/** Milliseconds that the Rust core of Python's tokenizers takes for the lines, or null without the interpreter. */
function rustCore(path: string): number | null {
  const { PYTHON } = process.env;
  if (!PYTHON) return null;
  const script = join(ROOT, 'test/bench/rust-core.py');
  return Number(execFileSync(PYTHON, [script, path], { input: readEnglish(), encoding: 'utf8' }));
}

async function reportOpen(
  compareJobs: CompareJobs,
  name: string,
  report: Parameters<Subject['run']>[0],
): Promise<void> {
  const { ours, peer } = await compareJobs('open?', 'peer-open?', 10);
  report({ case: `${name}, open`, unit: 'ms', ours, peer, ratio: peer / ours });
}

export default {
  name: 'tokenizer',
  summary:
    'ids and offsets in workerd, against @huggingface/tokenizers (no offsets) and, with PYTHON set, the Rust core of tokenizers',
  async run(report) {
    const paths = FAMILIES.map((name) => ({ name, path: join(SHARED, 'tokenizers', name, 'tokenizer.json') }));
    const found = paths.filter(({ path }) => existsSync(path));
    for (const { name, path } of found.length > 0 ? found : [{ name: 'fixture of BERT', path: undefined }]) {
      await withTokenizerWorker(async (compareJobs, textBytes) => {
        const speed = (milliseconds: number): number => textBytes / 1000 / milliseconds;
        for (const [text, job] of [
          ['45 KB of English by line', 'lines'],
          ['45 KB of English at once', 'whole'],
        ] as const) {
          const { ours, peer } = await compareJobs(`${job}?`, `peer-${job}?`, 40);
          report({ case: `${name}, ${text}`, unit: 'MB/s', ours: speed(ours), peer: speed(peer), ratio: peer / ours });
          const core = path && job === 'lines' ? rustCore(path) : null;
          if (core)
            report({
              case: `${name}, by line, Rust core`,
              unit: 'MB/s',
              ours: speed(ours),
              peer: speed(core),
              ratio: core / ours,
            });
        }
        await reportOpen(compareJobs, name, report);
      }, path);
    }
    const large = await writeLargeTokenizer(LARGE);
    await withTokenizerWorker((compareJobs) => reportOpen(compareJobs, `${LARGE} pieces, Unigram`, report), large);
  },
} satisfies Subject;
