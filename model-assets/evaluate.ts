// npm run evaluate -- [task …]: how good the running service is, asked over HTTP.

import { join } from 'node:path';
import { countOf, parseLine, report, UsageError } from './commands/command.ts';
import { featureExtraction } from './evaluate/feature-extraction.ts';
import { fillMask } from './evaluate/fill-mask.ts';
import { questionAnswering } from './evaluate/question-answering.ts';
import { Service } from './evaluate/service.ts';
import { speed } from './evaluate/speed.ts';
import { summarization } from './evaluate/summarization.ts';
import { textClassification } from './evaluate/text-classification.ts';
import { textGeneration } from './evaluate/text-generation.ts';
import { tokenClassification } from './evaluate/token-classification.ts';
import { translation } from './evaluate/translation.ts';
import { zeroShotClassification } from './evaluate/zero-shot-classification.ts';

const MEASURES = {
  'text-classification': textClassification,
  'token-classification': tokenClassification,
  'question-answering': questionAnswering,
  'zero-shot-classification': zeroShotClassification,
  'fill-mask': fillMask,
  'feature-extraction': featureExtraction,
  'text-generation': textGeneration,
  summarization,
  translation,
  speed,
};

const HELP = `npm run evaluate -- [task …] [--data <folder>] [--origin <url>] [--model <name>] [--wrong <count>]

Asks a running service (npm start) and prints what its answers are worth:

  text-classification       accuracy on SST-2 dev
  token-classification      F1 of entities on WikiANN-en dev
  question-answering        F1 and exact match on eight articles of SQuAD 1.1
  zero-shot-classification  accuracy on a tenth of MNLI, three labels
  fill-mask                 top-5 accuracy at 2,000 places of WikiText-2 dev
  feature-extraction        Spearman's rank correlation on STS-B dev
  text-generation           bits per byte of six books that were kept back
  summarization             ROUGE-L on SciTLDR dev, and that of each first sentence
  translation               sacreBLEU on 1,500 French sentences of Tatoeba that were kept back; of 300 names, how many are copied
  speed                     new tokens a second of these three, greedily

One input a request; then, of the first six, again with several in each, and how many answers differ (of feature-extraction, by how much): none
should, as the engine computes each row by itself, and any that does is a fault.

  --data    folder of the data, default ../shared/data: text-classification/sst2.dev, token-classification/wikiann-en.dev (of translation,
            too) and .train, question-answering/squad11-dev, natural-language-inference/mnli-dev, text/wikitext-2.dev (and beside the folder
            tokenizers/bert-base-uncased/tokenizer.json), feature-extraction/stsb.dev, text/books, summarization/scitldr.dev,
            translation/tatoeba.fr-en, each .jsonl.gz
  --origin  where the service runs, default http://127.0.0.1:8787
  --model   instead of the default model of the task
  --wrong   prints so many wrong answers, spread over all (not for feature-extraction and speed); of text-generation, so many texts`;

const OPTIONS = {
  data: { type: 'string', default: join(import.meta.dirname, '..', '..', 'shared', 'data') },
  origin: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? '8787'}` },
  model: { type: 'string' },
  wrong: { type: 'string', default: '0' },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseLine(args, OPTIONS);
    if (values.help) console.log(HELP);
    else await evaluate(positionals, values);
    return 0;
  } catch (error) {
    return report(error, 'evaluate', HELP);
  }
}

async function evaluate(
  wanted: readonly string[],
  { data, origin, model, wrong }: ReturnType<typeof parseLine<typeof OPTIONS>>['values'],
): Promise<void> {
  const unknown = wanted.find((task) => !Object.hasOwn(MEASURES, task));
  if (unknown !== undefined) throw new UsageError(`there is no measure for ${unknown}`);
  const count = countOf(wrong, '--wrong');
  const service = new Service(origin, model);
  await service.check();
  for (const [task, measure] of Object.entries(MEASURES)) {
    if (wanted.length === 0 || wanted.includes(task)) await measure(service, data, count);
  }
}
