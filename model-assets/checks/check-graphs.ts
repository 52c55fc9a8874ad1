// Whether the graphs of a checkpoint fit its task: what the Worker feeds them, and what it reads of what they give.

import type { GraphName, Manifest } from '../../shared/model/manifest.ts';
import type { OnnxValue } from '../engine/onnx-file.ts';
import type { Signature } from '../engine/signature.ts';

/** What of a manifest says what a graph must be. */
type Described = Pick<Manifest, 'task' | 'id2label' | 'pieces' | 'generation' | 'graphs'>;

export type Signatures = Readonly<Partial<Record<GraphName, Signature>>>;

const ENCODED = ['input_ids', 'attention_mask', 'token_type_ids'];
const DECODED = [
  'input_ids',
  'attention_mask',
  'position_ids',
  'use_cache_branch',
  'encoder_hidden_states',
  'encoder_attention_mask',
  'past_key_values.*',
  'mems.*',
];
/** Domains whose operators onnxruntime-web has. */
const DOMAINS = ['com.microsoft', 'com.microsoft.nchwc', 'ai.onnx.ml'];

/** What is read of the one graph of a task. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  'text-classification': ['logits'],
  'zero-shot-classification': ['logits'],
  'token-classification': ['logits'],
  'question-answering': ['start_logits', 'end_logits'],
  'fill-mask': ['logits'],
  'feature-extraction': ['last_hidden_state'],
};

/** Throws, with what was found and what would do. */
export function checkGraphs(manifest: Described, signatures: Signatures): void {
  for (const [name, signature] of Object.entries(signatures)) checkOperators(name, signature);
  if (manifest.generation) checkWriting(manifest, signatures);
  else checkReading(manifest, signatures);
}

function checkOperators(name: string, { operators }: Signature): void {
  const strange = [...operators].filter((operator) => {
    const domain = operator.slice(0, Math.max(0, operator.lastIndexOf('.')));
    return domain !== '' && !DOMAINS.includes(domain);
  });
  if (strange.length === 0) return;
  throw new Error(
    `graph ${name} has operators that neither engine knows: ${strange.join(', ')}; operators are those of ONNX or of com.microsoft`,
  );
}

function checkReading(manifest: Described, { model }: Signatures): void {
  const { task, id2label } = manifest;
  if (!model)
    throw new Error(`${task} runs on one graph, model.onnx; there are ${Object.keys(manifest.graphs).join(', ')}`);
  checkInputs('model', model, ENCODED, task);
  const wanted = OUTPUTS[task] ?? [];
  const lacking = wanted.filter((name) => !model.outputs.some((output) => output.name === name));
  if (lacking.length > 0) {
    throw new Error(
      `the graph gives ${namesOf(model.outputs)}; ${task} reads ${wanted.join(' and ')}, so export it for that task`,
    );
  }
  if (id2label.length > 0) checkLabels(id2label, model.outputs);
  if (task === 'fill-mask') checkMask(manifest);
}

/** Where the graph says how many columns its logits have. */
function checkLabels(labels: readonly string[], outputs: readonly OnnxValue[]): void {
  const columns = outputs.find(({ name }) => name === 'logits')?.dims.at(-1);
  if (typeof columns !== 'number' || columns === labels.length) return;
  throw new Error(
    `the graph gives ${columns} logits; id2label of config.json names ${labels.length} labels (${labels.slice(0, 5).join(', ')}), and must name each`,
  );
}

function checkMask({ pieces }: Described): void {
  if (pieces.maskId !== null) return;
  throw new Error(
    'fill-mask needs a mask; tokenizer_config.json must say mask_token, and tokenizer.json have it among added_tokens',
  );
}

function checkWriting(manifest: Described, { encoder, ...decoders }: Signatures): void {
  const { task, generation } = manifest;
  if (encoder) {
    checkInputs('encoder', encoder, ENCODED, task);
    if (!encoder.outputs.some(({ name }) => name === 'last_hidden_state')) {
      throw new Error(`graph encoder gives ${namesOf(encoder.outputs)}; last_hidden_state is read`);
    }
    if (generation?.decoderStartId === null) {
      throw new Error(
        `${task} begins with a token that the checkpoint names; config.json must say decoder_start_token_id`,
      );
    }
  }
  for (const [name, signature] of Object.entries(decoders)) {
    checkInputs(name, signature, DECODED, task);
    if (!signature.outputs.some((output) => output.name === 'logits')) {
      throw new Error(`graph ${name} gives ${namesOf(signature.outputs)}; ${task} reads logits`);
    }
    checkPast(name, signature);
  }
}

/** What is remembered must come back, and its size be told: it begins with nothing. */
function checkPast(name: string, { inputs, outputs }: Signature): void {
  const past = inputs.filter((input) => input.name.startsWith('past_key_values.'));
  const vague = past.find(({ dims }) => typeof dims[1] !== 'number' || typeof dims[3] !== 'number');
  if (vague) {
    throw new Error(
      `graph ${name} takes ${vague.name} [${vague.dims.join(', ')}]; the second and the last size must be numbers`,
    );
  }
  const own = past.filter((input) => !input.name.includes('.encoder.'));
  const lost = own.find(
    (input) => !outputs.some((output) => output.name === input.name.replace('past_key_values.', 'present.')),
  );
  if (lost)
    throw new Error(
      `graph ${name} takes ${lost.name} and does not give ${lost.name.replace('past_key_values.', 'present.')}`,
    );
}

function checkInputs(name: string, { inputs }: Signature, known: readonly string[], task: string): void {
  const isKnown = (input: string) =>
    known.some((each) => (each.endsWith('*') ? input.startsWith(each.slice(0, -1)) : each === input));
  const strange = inputs.filter((input) => !isKnown(input.name));
  const hasIds = inputs.some((input) => input.name === 'input_ids');
  if (hasIds && strange.length === 0) return;
  const what = hasIds ? `takes ${namesOf(strange)}` : `takes ${namesOf(inputs)} and no input_ids`;
  throw new Error(`graph ${name} ${what}; for ${task} it is fed ${known.join(', ')}`);
}

const namesOf = (values: readonly OnnxValue[]) => values.map(({ name }) => name).join(', ') || 'nothing';
