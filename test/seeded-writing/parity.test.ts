// Golden: the ids that transformers 4.57 generates on the seeded checkpoints that write (model-assets/seeded-writing/generate.py).
// They must be equal, token for token, whichever engine runs the graphs.

import { beforeAll, describe, expect, inject, test } from 'vitest';
import { toWording } from '../../shared/generate/languages.ts';
import { type RewritingParameters, rewriteTokens, rewritingFields } from '../../shared/generate/rewrite.ts';
import { isolateOf } from '../../shared/http/isolate.ts';
import { Meter } from '../../shared/meter.ts';
import { fields, parse } from '../../shared/schema.ts';
import { isolate, post, source } from '../http/worker.ts';
import { ENGINES, publishSeeded } from '../seeded/worker.ts';
import type { Goldens } from './provided.ts';

const GOLDENS: Readonly<Record<string, Goldens>> = inject('writingGoldens');
// All prompts of a group in one request.
const on = isolate({ MAX_TOKENS: '1000000', MAX_NEW_TOKENS: '1000000' });
const schema = fields(rewritingFields);

// Both engines, one suite.
const every = Object.entries(GOLDENS).flatMap(([architecture, goldens]) =>
  ENGINES.flatMap((engine) => goldens.models.map((model) => ({ architecture, goldens, engine, model }))),
);

for (const { architecture, goldens, engine, model } of every) {
  describe(`${architecture} ${model} on ${engine}`, () => {
    const task = ['text-generation', 'summarization', 'translation'].find((each) => model.endsWith(each)) ?? '';
    beforeAll(() => publishSeeded(task, {}, engine));

    test.each(goldens.groups)('$group $parameters', { timeout: 120_000 }, async ({ parameters, cases }) => {
      const inputs = cases.map(({ input }) => goldens.inputs[input] ?? '');
      const found =
        task === 'text-generation' ? await write(model, inputs, parameters) : await rewrite(model, inputs, parameters);
      const wrong = cases.flatMap(({ input, ids }, i) =>
        JSON.stringify(found[i]) === JSON.stringify(ids) ? [] : [{ input, ids, found: found[i] }],
      );
      expect(wrong.slice(0, 3), `${wrong.length} of ${cases.length} differ`).toEqual([]);
    });
  });
}

/** Over HTTP, where the details tell the ids. */
async function write(model: string, inputs: readonly string[], parameters: object): Promise<number[][][]> {
  const response = await post(
    '/v1/text-generation',
    { model, inputs, parameters: { ...parameters, details: true } },
    on,
  );
  expect(response.status, await response.clone().text()).toBe(200);
  const answers = await response.json<{ details: { tokens: { id: number }[] } }[][]>();
  return answers.map((items) => items.map(({ details }) => details.tokens.map(({ id }) => id)));
}

/** The wire has no ids of a summary or a translation. */
async function rewrite(
  name: string,
  inputs: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
): Promise<number[][][]> {
  const { settings, models, caches } = isolateOf(on);
  const { model, release } = await models.acquire(name, source());
  const context = {
    signal: new AbortController().signal,
    meter: new Meter(),
    limits: settings.limits,
    caches,
    isDefault: false,
    warn: () => undefined,
  };
  const { src_lang, tgt_lang, ...rest } = parameters;
  const wanted: RewritingParameters = parse(schema, rest);
  // Prefixes stand in the inputs already; languages that are tokens do not, and a first token that is asked for goes before one.
  const isNamed = typeof src_lang === 'string';
  const wording = isNamed
    ? toWording(src_lang, `${tgt_lang ?? src_lang}`, model, context)
    : { prefix: '', defaults: {} };
  const answers = await rewriteTokens(inputs, wanted, wording, model, context);
  release();
  return answers.map((each) => each.map(({ tokens }) => tokens.map(({ id }) => id)));
}
