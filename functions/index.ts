// Every task in one Worker, and webhooks.

import { serve } from '../shared/http/serve.ts';
import type { Env } from '../shared/http/settings.ts';
import { detokenize } from './detokenize.ts';
import { featureExtraction } from './feature-extraction.ts';
import { fillMask } from './fill-mask.ts';
import { forward } from './forward.ts';
import { questionAnswering } from './question-answering.ts';
import { summarization } from './summarization.ts';
import { textClassification } from './text-classification.ts';
import { textGeneration } from './text-generation.ts';
import { tokenClassification } from './token-classification.ts';
import { tokenize } from './tokenize.ts';
import { translation } from './translation.ts';
import { addWebhooks, queue, scheduled } from './webhooks.ts';
import { zeroShotClassification } from './zero-shot-classification.ts';

const app = serve(
  featureExtraction,
  fillMask,
  questionAnswering,
  summarization,
  textClassification,
  textGeneration,
  tokenClassification,
  translation,
  zeroShotClassification,
  forward,
  tokenize,
  detokenize,
);
addWebhooks(app);

export default { fetch: app.fetch, queue, scheduled } satisfies ExportedHandler<Env>;
