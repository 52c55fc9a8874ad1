// npm run evaluate -- [task …]: how good the running service is, asked over HTTP.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { featureExtraction } from './evaluate/feature-extraction.ts';
import { Service } from './evaluate/service.ts';
import { textClassification } from './evaluate/text-classification.ts';

const MEASURES = { 'feature-extraction': featureExtraction, 'text-classification': textClassification };

const HELP = `npm run evaluate -- [task …] [--data <folder>] [--origin <url>] [--model <name>]

Asks a running service (npm start) and prints what its answers are worth:

  text-classification   accuracy on SST-2 dev, one sentence a request; and how many labels differ in requests of eight
  feature-extraction    Spearman's rank correlation on STS-B dev

  --data    folder of the data, default ../shared/data
  --origin  where the service runs, default http://127.0.0.1:8787
  --model   instead of the default model of the task`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: join(import.meta.dirname, '..', '..', 'shared', 'data') },
    origin: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? '8787'}` },
    model: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const known = Object.keys(MEASURES);
const unknown = positionals.find((task) => !known.includes(task));

if (values.help) {
  console.log(HELP);
} else if (unknown !== undefined) {
  console.error(`there is no measure for ${unknown}\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const service = new Service(values.origin, values.model);
  await service.check();
  for (const [task, measure] of Object.entries(MEASURES)) {
    if (positionals.length === 0 || positionals.includes(task)) await measure(service, values.data);
  }
}
