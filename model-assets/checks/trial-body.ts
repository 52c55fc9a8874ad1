// The request that is tried on a model before it is published: the least that runs all of it.

import type { Manifest } from '../../shared/model/manifest.ts';

const SENTENCE = 'The weather in Paris is lovely today.';
/** The first is written with the prompt, the second with what was remembered of it. */
const BRIEF = { max_new_tokens: 2, do_sample: false };

/** `maskToken`: the text of the mask, for fill-mask. */
export function trialBody({ task, generation }: Manifest, maskToken: string | undefined): unknown {
  const [source, target] = Object.keys(generation?.languages ?? {});
  switch (task) {
    case 'zero-shot-classification':
      return { inputs: SENTENCE, parameters: { candidate_labels: ['weather', 'politics'] } };
    case 'question-answering':
      return { inputs: { question: 'Where is the weather lovely?', context: SENTENCE } };
    case 'fill-mask':
      return { inputs: `The weather is ${maskToken ?? '[MASK]'} today.` };
    case 'text-generation':
    case 'summarization':
      return { inputs: SENTENCE, parameters: BRIEF };
    case 'translation':
      return {
        inputs: SENTENCE,
        parameters: { ...BRIEF, ...(source && target && { src_lang: source, tgt_lang: target }) },
      };
    default:
      return { inputs: SENTENCE };
  }
}
