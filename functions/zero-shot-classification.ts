// POST /v1/zero-shot-classification
//   {"inputs": "This is a course", "parameters": {"candidate_labels": ["education", "politics"]}}
//   ->  [{"label": "education", "score": 0.97}, {"label": "politics", "score": 0.03}]
//
// Semantics: ZeroShotClassificationPipeline of transformers 4.57. Each label is one run of the model.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { forward } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Model } from '../shared/model/open-model.ts';
import { fields, optional, texts as textOrTexts } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';
import { softmax, topK } from '../shared/tensor.ts';

const LABELS = 'must be a list of labels, or labels with commas between them';
const parameters = fields({
  candidate_labels: z.union([z.string(), z.array(z.string('must be a string'))], LABELS),
  hypothesis_template: optional(z.string('must be a string with {} in it'), 'This example is {}.'),
  multi_label: optional(z.boolean('must be true or false'), false),
});
const input = fields({ inputs: textOrTexts, parameters });
const scored = z.array(z.object({ label: z.string(), score: z.number() }));
const output = z.union([scored, z.array(scored)]);

export const zeroShotClassification: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'zero-shot-classification',
  aliases: [],
  summary: 'Which of the labels that you name fits a text, best first',
  input,
  output,
  example: {
    inputs: 'This is a course about the Transformers library',
    parameters: { candidate_labels: ['education', 'politics', 'business'] },
  },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    const labels = toLabels(parameters.candidate_labels);
    const texts = typeof inputs === 'string' ? [inputs] : inputs;
    checkPairs(texts.length * labels.length, context);
    checkLengths(texts, labels, parameters.hypothesis_template);
    const hypotheses = labels.map((label) => toHypothesis(parameters.hypothesis_template, label));
    const answers: z.output<typeof scored>[] = [];
    for (const text of texts) {
      const scores = await scoresOf(text, hypotheses, parameters.multi_label, model, context);
      answers.push(topK(scores, labels.length).map((i) => ({ label: labels[i] ?? '', score: scores[i] ?? 0 })));
    }
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
};

/** A pair has a token at the least: so many would be refused anyway, when they had been made. */
function checkPairs(pairs: number, { limits }: Context): void {
  if (pairs <= limits.maxTokens) return;
  throw new ServiceError('too_large', `texts times labels are ${pairs}; one request takes ${limits.maxTokens} tokens`);
}

/** UTF-16 units of all pairs together: each pair is read from its first letter on, which takes up to half a second for so many. */
const MOST_READ = 2 ** 23;

/** However many they are, they may be few tokens: a word that the model does not know is one, and truncation leaves few of any text. */
function checkLengths(texts: readonly string[], labels: readonly string[], template: string): void {
  const lengthOf = (list: readonly string[]) => list.reduce((sum, { length }) => sum + length, 0);
  const hypotheses = lengthOf(labels) + labels.length * (template.length - '{}'.length);
  const characters = labels.length * lengthOf(texts) + texts.length * hypotheses;
  if (characters <= MOST_READ) return;
  throw new ServiceError(
    'too_large',
    `the texts, each with the hypothesis of each label, have ${characters} characters together; one request takes ${MOST_READ} (send shorter texts or hypotheses, or fewer of them)`,
  );
}

/** Probability of each hypothesis: among all, or each for itself against its contradiction. */
async function scoresOf(text: string, hypotheses: readonly string[], multi: boolean, model: Model, context: Context) {
  const pairs = hypotheses.map((hypothesis) => [text, hypothesis] as const);
  const { id2label, maxLength, truncationSide: direction = 'right' } = model.manifest;
  // The reference cuts the premise, and only the premise.
  const fit = { truncation: { strategy: 'only_first', maxLength, direction }, cure: 'shorten the label' } as const;
  const rows = await forward(model, pairs, ['logits'], context, ({ logits }) => logits.data, fit);
  const entailment = id2label.findIndex((label) => label.toLowerCase().startsWith('entail'));
  const contradiction = entailment === 0 ? id2label.length - 1 : 0;
  const at = (id: number) => rows.map((logits) => logits[id] ?? 0);
  if (!multi && hypotheses.length > 1) return softmax(Float32Array.from(at(entailment)));
  const against = at(contradiction);
  return Float32Array.from(at(entailment), (logit, i) => softmax(Float32Array.of(against[i] ?? 0, logit))[1] ?? 0);
}

function toLabels(labels: string | readonly string[]): readonly string[] {
  const list =
    typeof labels === 'string'
      ? labels
          .split(',')
          .map((label) => label.trim())
          .filter((label) => label !== '')
      : labels;
  if (list.length > 0) return list;
  throw new ServiceError('invalid_input', 'parameters.candidate_labels must have a label');
}

function toHypothesis(template: string, label: string): string {
  const parts = template.split('{}');
  if (parts.length === 2) return parts.join(label);
  throw new ServiceError(
    'invalid_input',
    `parameters.hypothesis_template has {} ${parts.length - 1} times; it must have it once, where the label goes`,
  );
}

export default serve(zeroShotClassification);
