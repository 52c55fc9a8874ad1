// Which ONNX files of a repository make up a model: the layouts of Optimum and of the Hub's Xenova/* and onnx-community/*. Names of
// weights' types, and the file suffixes that stand for them, are those of transformers.js.

import type { GraphName } from '../shared/model/manifest.ts';

/** Suffix of a graph's file by the type of its weights. */
const SUFFIXES = {
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  fp32: '',
  q4: '_q4',
  bnb4: '_bnb4',
  q4f16: '_q4f16',
  fp16: '_fp16',
} as const;

export type Dtype = keyof typeof SUFFIXES;

/** In the order in which they are taken where none is asked for: what the isolate has memory for goes first. */
export const DTYPES = Object.keys(SUFFIXES) as readonly Dtype[];

/** Files without a type in their name lie in a folder of their own, or beside config.json. */
const FOLDERS = ['onnx/', ''];

export interface GraphFile {
  readonly name: GraphName;
  /** Path in the repository. */
  readonly path: string;
}

export interface Layout {
  readonly dtype: Dtype;
  readonly graphs: readonly GraphFile[];
}

/** What a repository has beside its graphs: what is read of it here, and what transformers reads of what is pulled. */
const TEXTS = new Set([
  'README.md',
  'added_tokens.json',
  'chat_template.jinja',
  'config.json',
  'config_sentence_transformers.json',
  'generation_config.json',
  'merges.txt',
  'modules.json',
  'sentence_bert_config.json',
  'sentencepiece.bpe.model',
  'source.spm',
  'special_tokens_map.json',
  'spiece.model',
  'target.spm',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'vocab.json',
  'vocab.txt',
]);
/** Of sentence-transformers: 1_Pooling/config.json. */
const MODULE = /^\d+_[A-Za-z]+\/config\.json$/;

/** Of `paths`, the files beside the graphs. */
export function textsIn(paths: readonly string[]): string[] {
  return paths.filter((path) => TEXTS.has(path) || MODULE.test(path));
}

interface Wanted {
  readonly dtype?: Dtype | undefined;
  /** Whether the model is an encoder and a decoder. */
  readonly rewrites: boolean;
}

/** `paths`: of all files. Throws where they do not make up a model, with the types that there are. */
export function chooseLayout(paths: readonly string[], { dtype, rewrites }: Wanted): Layout {
  const found = FOLDERS.flatMap((folder) =>
    DTYPES.flatMap((each) => {
      const graphs = graphsOf(new Set(paths), folder, SUFFIXES[each], rewrites);
      return graphs ? [{ dtype: each, graphs }] : [];
    }),
  );
  const layout = found.find((each) => dtype === undefined || each.dtype === dtype);
  if (layout) return layout;
  const wanted = rewrites
    ? 'encoder_model.onnx with decoder_model_merged.onnx or decoder_model.onnx'
    : 'model.onnx, decoder_model_merged.onnx or decoder_model.onnx';
  if (found.length === 0) {
    const onnx = paths.filter((path) => path.endsWith('.onnx'));
    throw new Error(
      `there is no ${wanted}, beside config.json or in onnx/; ${onnx.length > 0 ? `the ONNX files are ${onnx.join(', ')}` : 'there is no ONNX file at all: model-assets/export makes one of a PyTorch checkpoint'}`,
    );
  }
  throw new Error(
    `there is no ${wanted} of dtype ${dtype}; there are ${[...new Set(found.map((each) => each.dtype))].join(', ')}`,
  );
}

function graphsOf(
  paths: ReadonlySet<string>,
  folder: string,
  suffix: string,
  rewrites: boolean,
): GraphFile[] | undefined {
  const file = (name: GraphName, stem: string): GraphFile[] => {
    const path = `${folder}${stem}${suffix}.onnx`;
    return paths.has(path) ? [{ name, path }] : [];
  };
  const single = file('model', 'model');
  if (!rewrites && single.length > 0) return single;
  const merged = file('decoder', 'decoder_model_merged');
  // A merged decoder does the other's work too.
  const split = () => [...file('decoder', 'decoder_model'), ...file('decoder_with_past', 'decoder_with_past_model')];
  const decoder = merged.length > 0 ? merged : split();
  const encoder = rewrites ? file('encoder', 'encoder_model') : [];
  const isWhole = decoder.some(({ name }) => name === 'decoder') && (!rewrites || encoder.length > 0);
  return isWhole ? [...encoder, ...decoder] : undefined;
}

/** Throws where the name is none. */
export function toDtype(name: string): Dtype {
  const dtype = DTYPES.find((each) => each === name);
  if (dtype) return dtype;
  throw new Error(`--dtype is ${name}; it takes ${DTYPES.join(', ')}`);
}
