// POST /v1/translation  {"inputs": "Ce cours est produit par Hugging Face."}  ->  [{"translation_text": "…"}]
//
// Semantics: TranslationPipeline of transformers 4.57. A pair of languages is also a route: /v1/translation_fr_to_en.

import * as z from 'zod/mini';
import { toWording } from '../shared/generate/languages.ts';
import { rewrite, rewritingFields } from '../shared/generate/rewrite.ts';
import { serve } from '../shared/http/serve.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Task } from '../shared/task.ts';

const language = optional(z.string('must be a string'), null);
const parameters = fields({ src_lang: language, tgt_lang: language, ...rewritingFields });
const input = fields({ inputs: texts, parameters: optional(parameters, parameters.parse({})) });
const translated = z.object({ translation_text: z.string() });
const output = z.union([z.array(translated), z.array(z.array(translated))]);

export const translation: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'translation',
  aliases: [],
  family: {
    // A code may have a part of its own for the script or the country: eng_Latn, en_XX.
    pattern: 'translation_[A-Za-z_]+_to_[A-Za-z_]+',
    parametersOf(name) {
      const [src_lang, tgt_lang] = name.slice('translation_'.length).split('_to_');
      return { src_lang, tgt_lang };
    },
  },
  summary: 'A text, in another language',
  input,
  output,
  example: { inputs: 'Ce cours est produit par Hugging Face.', parameters: { max_new_tokens: 20 } },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    const wording = toWording(parameters.src_lang, parameters.tgt_lang, model, context);
    const answers = (await rewrite(list, parameters, wording, model, context)).map((each) =>
      each.map((translation_text) => ({ translation_text })),
    );
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
};

export default serve(translation);
