// New tokens a second of the writing tasks, greedily and one request at a time: an isolate has one thread, so this is one core.

import type { Service } from './service.ts';

const NEW_TOKENS = 100;
const TIMES = 5;
const SOURCE =
  'The old mill by the river had stood empty for years. Nobody remembered who had built it, and the village had long forgotten what it was for. ' +
  'Last spring a young engineer bought it. She repaired the wheel, put a generator behind it, and now the mill gives light to forty houses.';
const FRENCH =
  "Le vieux moulin au bord de la rivière était vide depuis des années. Personne ne savait plus qui l'avait bâti.";
const ASKED = { 'text-generation': 'Once upon a time', summarization: SOURCE, translation: FRENCH } as const;

export async function speed(service: Service): Promise<void> {
  for (const [task, inputs] of Object.entries(ASKED)) {
    const parameters = { num_beams: 1, do_sample: false, min_new_tokens: NEW_TOKENS, max_new_tokens: NEW_TOKENS };
    // The first opens the model.
    await service.ask(task, { inputs, parameters });
    const times: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const started = performance.now();
      await service.ask(task, { inputs, parameters });
      times.push(performance.now() - started);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? 0;
    const rate = ((1000 * NEW_TOKENS) / median).toFixed(0);
    const name = await service.modelOf(task);
    console.log(
      `speed                ${task}, ${name}  ${rate} new tokens a second  (${NEW_TOKENS} in ${median.toFixed(0)} ms, greedily, the source read too)`,
    );
  }
}
