// POST /v1/text-classification  {"inputs": "I love it"}  ->  [[{"label": "POSITIVE", "score": 0.9998}, …]]
//
// Semantics: TextClassificationPipeline of transformers 4.57.

import * as z from 'zod/mini';
import { forward, type Row } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Manifest } from '../shared/model/manifest.ts';
import { fields, optional } from '../shared/schema.ts';
import type { Task } from '../shared/task.ts';
import { sigmoid, softmax, topK } from '../shared/tensor.ts';
import { toTruncation, truncationFields } from '../shared/truncation.ts';

const text = z.string('must be a string');
const pair = fields({ text, text_pair: z.optional(text) });
const one = z.union([text, pair], 'must be a string or an object with text and text_pair');
const inputs = z.union(
  [text, pair, z.array(one)],
  'must be a string, an object with text and text_pair, or a list of these',
);

const parameters = fields({
  top_k: optional(z.int('must be a whole number from 1, or null for all').check(z.minimum(1)), null),
  function_to_apply: optional(z.enum(['softmax', 'sigmoid', 'none'], 'must be softmax, sigmoid, none or null'), null),
  ...truncationFields,
});

const activations = { softmax, sigmoid, none: (logits: Float32Array) => logits };

const input = fields({ inputs, parameters: optional(parameters, parameters.parse({})) });
const output = z.array(z.array(z.object({ label: z.string(), score: z.number() })));

export const textClassification: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'text-classification',
  aliases: ['sentiment-analysis'],
  summary: 'Labels of a text, or of a pair of texts, with their scores, best first',
  input,
  output,
  example: { inputs: 'I love it' },
  models: 'own',
  kin: ['zero-shot-classification'],
  async run({ inputs, parameters }, model, context) {
    const list = Array.isArray(inputs) ? inputs : [inputs];
    const texts = list.map((item) => (typeof item === 'string' ? item : toText(item)));
    const activation = activations[parameters.function_to_apply ?? defaultActivation(model.manifest)];
    const labels = model.manifest.id2label;
    const read = ({ logits }: Row<'logits'>) => {
      const scores = activation(logits.data);
      return topK(scores, parameters.top_k ?? scores.length).map((i) => ({
        label: labels[i] ?? `LABEL_${i}`,
        score: scores[i] ?? 0,
      }));
    };
    const fit = { truncation: toTruncation(parameters, model), cure: 'set parameters.truncation to cut it' };
    return forward(model, texts, ['logits'], context, read, fit);
  },
};

/** What the checkpoint's config says of its logits, as `TextClassificationPipeline.postprocess` reads it. */
function defaultActivation({ problemType, id2label }: Manifest): keyof typeof activations {
  if (problemType === 'regression') return 'none';
  return problemType === 'multi_label_classification' || id2label.length === 1 ? 'sigmoid' : 'softmax';
}

/** An empty second text is none: so the reference's tokenizer takes it. */
const toText = ({ text, text_pair: second }: z.output<typeof pair>) => (second ? ([text, second] as const) : text);

export default serve(textClassification);
