// Golden: what the pipeline of transformers 4.57 answered (fixtures/tiny-bert/generate.py), asked for over HTTP.

import { beforeAll, describe, expect, test } from 'vitest';
import goldens from '../fixtures/tiny-bert/goldens.json';
import { isolate, post, publishTinyBert } from './worker.ts';

interface Scored {
  label: string;
  score: number;
}

const on = isolate();
beforeAll(async () => void (await publishTinyBert()));

describe('text-classification', () => {
  test.each(goldens.cases)('$inputs $parameters', async ({ inputs, parameters, expected }) => {
    const response = await post('/v1/text-classification', { inputs, parameters }, on);
    expect(response.status).toBe(200);
    const [labels] = await response.json<Scored[][]>();
    expect(labels?.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
    labels?.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]?.score ?? Number.NaN, 5);
    });
  });

  test('a list gives a list, in its order', async () => {
    const texts = ['I love it', 'a', 'I love it'];
    const together = await (await post('/v1/text-classification', { inputs: texts }, on)).json<Scored[][]>();
    const singles = await Promise.all(
      texts.map(
        async (inputs) => (await (await post('/v1/text-classification', { inputs }, on)).json<Scored[][]>())[0],
      ),
    );
    expect(together).toEqual(singles);
    expect(together[0]).not.toEqual(together[1]);
  });

  test('an empty list gives an empty list, as in the reference', async () => {
    expect(await (await post('/v1/text-classification', { inputs: [] }, on)).json()).toEqual([]);
  });

  test.each(['/v1/sentiment-analysis', '/models/tiny-bert', '/models/tiny-bert/pipeline/text-classification'])(
    '%s',
    async (path) => {
      const answer = await (await post(path, { inputs: 'I love it' }, on)).json();
      expect(answer).toEqual(await (await post('/v1/text-classification', { inputs: 'I love it' }, on)).json());
    },
  );

  test('parameters that are null are as if they were left out', async () => {
    const parameters = { top_k: null, function_to_apply: null, truncation: null, max_length: null };
    const answer = await (await post('/v1/text-classification', { inputs: 'a', parameters }, on)).json();
    expect(answer).toEqual(await (await post('/v1/text-classification', { inputs: 'a' }, on)).json());
  });

  test('an over-long text is refused with both numbers, and cut when asked', async () => {
    const inputs = 'a '.repeat(70);
    const refused = await post('/v1/text-classification', { inputs: ['a', inputs] }, on);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      error: 'inputs[1] has 72 tokens; this model takes 64 (set parameters.truncation to cut it)',
    });
    const cut = await post('/v1/text-classification', { inputs, parameters: { truncation: true } }, on);
    expect(cut.status).toBe(200);
    expect(cut.headers.get('server-timing')).toContain('tokens;desc="64"');
  });
});
