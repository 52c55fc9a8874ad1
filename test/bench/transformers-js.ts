// @huggingface/transformers with its wasm backend. In Node it offers native devices only, so it is no dependency of this project: it is
// installed into a folder of its own, without install scripts, and is given this project's onnxruntime-web.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import * as ort from 'onnxruntime-web';

const VERSION = '4.3.1';

export interface Writer {
  /** Tokens of a text, special ones included. */
  count(text: string): number;
  /** Exactly so many new tokens, the likeliest at each step. */
  write(text: string, newTokens: number): Promise<void>;
}

type Pipe = ((text: string, parameters: object) => Promise<unknown>) & {
  tokenizer(text: string): { input_ids: { size: number } };
};

/** The pipeline of a checkpoint that lies in `folder`. Throws where it runs on anything but WebAssembly. */
export async function openWriter(task: string, folder: string, model: string): Promise<Writer> {
  const { pipeline, env } = await load();
  env.localModelPath = `${folder}/`;
  // The files lie beside the configuration, and have no suffix of a precision.
  const before = sessions;
  const pipe: Pipe = await pipeline(task, model, { dtype: 'fp32', subfolder: '', device: 'auto' });
  if (sessions === before) throw new Error(`transformers.js opened ${model} with another engine than onnxruntime-web`);
  return {
    count: (text) => pipe.tokenizer(text).input_ids.size,
    async write(text, newTokens) {
      await pipe(text, { max_new_tokens: newTokens, min_new_tokens: newTokens, do_sample: false, num_beams: 1 });
    },
  };
}

/** How many sessions the engine that was handed over has opened. */
let sessions = 0;

async function load() {
  const folder = join(tmpdir(), `edge-pipelines-peer-${VERSION}`);
  const entry = join(folder, 'node_modules', '@huggingface', 'transformers', 'dist', 'transformers.node.mjs');
  if (!existsSync(entry)) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"private": true}');
    const wanted = `@huggingface/transformers@${VERSION}`;
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', wanted], { cwd: folder, stdio: 'ignore' });
  }
  // As in workerd, which has no trap handler: without the flag, Node's kernels are about 1.5 times as fast as an isolate's can be.
  setFlagsFromString('--wasm-enforce-bounds-checks');
  ort.env.wasm.numThreads = 1;
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  Object.assign(ort.InferenceSession, {
    create: (...args: Parameters<typeof create>) => {
      sessions++;
      return create(...args);
    },
  });
  Object.assign(globalThis, { [Symbol.for('onnxruntime')]: ort });
  const library = await import(pathToFileURL(entry).href);
  library.env.allowRemoteModels = false;
  // The library points it elsewhere when it is loaded. Only this runs: there is no native binary without the install scripts.
  const files = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  ort.env.wasm.wasmPaths = `${pathToFileURL(files).href}/`;
  return library;
}
