// POST /v1/summarization  {"inputs": "America has changed dramatically during recent years. …", "parameters": {"max_length": 60}}
//   ->  [{"summary_text": "…"}]
//
// Semantics: SummarizationPipeline of transformers 4.57.

import * as z from 'zod/mini';
import { rewrite, rewritingFields } from '../shared/generate/rewrite.ts';
import { serve } from '../shared/http/serve.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Task } from '../shared/task.ts';

const parameters = fields(rewritingFields);
const input = fields({ inputs: texts, parameters: optional(parameters, parameters.parse({})) });
const summary = z.object({ summary_text: z.string() });
const output = z.union([z.array(summary), z.array(z.array(summary))]);

export const summarization: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'summarization',
  aliases: [],
  summary: 'A text, in fewer words',
  input,
  output,
  example: {
    inputs:
      'The tower is 324 metres tall, about the same height as an 81-storey building, and the tallest structure in Paris.',
    parameters: { max_new_tokens: 20 },
  },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    const { generation } = model.manifest;
    const own = generation?.tasks.summarization;
    const wording = { prefix: own?.prefix ?? generation?.prefix ?? '', defaults: own?.defaults ?? {} };
    const answers = (await rewrite(list, parameters, wording, model, context)).map((each) =>
      each.map((summary_text) => ({ summary_text })),
    );
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
};

export default serve(summarization);
