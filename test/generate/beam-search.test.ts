// Property: with as many beams as there are continuations nothing is overlooked, and what comes out is what trying all gives.

import { expect, test } from 'vitest';
import { beamSearch } from '../../shared/generate/beam-search.ts';
import type { GenerationConfig } from '../../shared/generate/config.ts';
import { toConfig } from '../../shared/generate/config.ts';
import { generationFields } from '../../shared/generate/parameters.ts';
import { createRandom } from '../../shared/generate/random.ts';
import { fields, parse } from '../../shared/schema.ts';
import { logSoftmax } from '../../shared/tensor.ts';
import { NO_LIMITS, NOTHING_SPECIAL } from './limits.ts';
import { Table } from './table.ts';

const END = 3;
const LENGTH = 4;
const PROMPT = [0];

function configOf(parameters: object): GenerationConfig {
  return toConfig([parse(fields(generationFields), parameters)], {
    promptLength: 1,
    contextLength: 100,
    eosIds: [END],
    vocabularySize: 4,
    ...NOTHING_SPECIAL,
    limits: { ...NO_LIMITS, maxNewTokens: 99, maxBeams: 999 },
    warn: () => undefined,
  });
}

const stopping =
  ({ maxLength }: GenerationConfig) =>
  (ids: readonly number[]) =>
    ids.at(-1) === END ? ('eos_token' as const) : ids.length >= maxLength ? ('length' as const) : null;

/** Every continuation of up to LENGTH tokens with its score, best first. */
function all(scores: readonly Float32Array[], penalty: number): { ids: number[]; score: number }[] {
  const found: { ids: number[]; score: number }[] = [];
  const visit = (ids: number[], sum: number) => {
    const fresh = ids.length - PROMPT.length;
    if (ids.at(-1) === END || fresh === LENGTH) {
      if (fresh > 0) found.push({ ids, score: sum / fresh ** penalty });
      return;
    }
    scores[ids.at(-1) ?? 0]?.forEach((log, id) => {
      visit([...ids, id], sum + log);
    });
  };
  visit(PROMPT, 0);
  return found.sort((a, b) => b.score - a.score);
}

test.each([0, 1, 2])('beams that overlook nothing find the best, length penalty %d', async (penalty) => {
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const table = Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => 4 * random()));
    const config = configOf({
      num_beams: 100,
      num_return_sequences: 5,
      max_new_tokens: LENGTH,
      length_penalty: penalty,
      early_stopping: 'never',
    });
    const found = await beamSearch(new Table(table), PROMPT, config, stopping(config), (step) => step());
    const ways = all(
      table.map((row) => logSoftmax(Float32Array.from(row))),
      penalty,
    );
    // The same steps in another order have the same score, so scores are compared, and that each is its own continuation's.
    found.forEach(({ ids, score }, i) => {
      expect(score).toBeCloseTo(ways[i]?.score ?? 0, 4);
      expect(ways.find((way) => way.ids.join() === ids.join())?.score).toBeCloseTo(score, 4);
    });
    expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(5);
  }
});

test.each([-100, -10, 0, 100])('as many texts as were asked for, length penalty %d', async (penalty) => {
  // The end is unlikely: the first step gives no text.
  const table = Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => (j === END ? -9 : ((i * 7 + j * 5) % 11) / 3)),
  );
  for (const asked of [1, 3]) {
    const config = configOf({
      num_beams: 3,
      num_return_sequences: asked,
      max_new_tokens: 6,
      length_penalty: penalty,
    });
    const found = await beamSearch(new Table(table), PROMPT, config, stopping(config), (step) => step());
    expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(asked);
  }
});

test.each([
  // The end, or a token after which nothing may come.
  ['before there are enough', { suppress_tokens: [2], bad_words_ids: [[1, 3]], no_repeat_ngram_size: 1 }],
  // The last step leaves one text, 0 2 1.
  [
    'at the last token',
    {
      suppress_tokens: [0, 3],
      bad_words_ids: [
        [1, 1],
        [1, 2],
        [2, 2],
      ],
      max_new_tokens: 2,
    },
  ],
])('texts that run out %s: an error, neither fewer nor forbidden ones', async (_, parameters) => {
  const table = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  const search = (asked: number) => {
    const config = configOf({ num_beams: 2, num_return_sequences: asked, max_new_tokens: 9, ...parameters });
    return beamSearch(new Table(table), PROMPT, config, stopping(config), (step) => step());
  };
  expect(await search(1)).toHaveLength(1);
  await expect(search(2)).rejects.toThrow('no token is left to go on with');
});

test('the same where what is left is made probabilities again', async () => {
  const config = { ...configOf({ num_beams: 2, suppress_tokens: [0, 1, 2, 3] }), renormalize: true };
  const table = new Table(Array.from({ length: 4 }, () => [0, 0, 0, 0]));
  const search = beamSearch(table, PROMPT, config, stopping(config), (step) => step());
  await expect(search).rejects.toThrow('no token is left to go on with');
});

test('each beam goes on with its own past', async () => {
  // What comes next hangs on every token before, so that a beam which went on from another's past would score as that one.
  const scoresOf = (row: readonly number[]) => {
    const random = createRandom(row.reduce((hash, id) => (hash * 31 + id + 1) % 1_000_003, 7));
    return Array.from({ length: 6 }, () => 3 * random());
  };
  const prompt = [0, 4];
  const config = configOf({ num_beams: 3, num_return_sequences: 3, max_new_tokens: 6, suppress_tokens: [END] });
  const found = await beamSearch(new Table(scoresOf), prompt, config, stopping(config), (step) => step());
  for (const { ids, logprobs } of found) {
    const fresh = ids.slice(prompt.length);
    expect(logprobs).toHaveLength(fresh.length);
    fresh.forEach((id, i) => {
      const scores = logSoftmax(Float32Array.from(scoresOf(ids.slice(0, prompt.length + i))));
      expect(logprobs[i]).toBeCloseTo(scores[id] ?? 0, 4);
    });
  }
});

test("scores that are no numbers are the decoder's fault", async () => {
  const config = configOf({ num_beams: 2, max_new_tokens: 4 });
  for (const scores of [Array(4).fill(Number.NaN), [1, 2, Number.NaN, 0]]) {
    const found = beamSearch(new Table([scores]), PROMPT, config, stopping(config), (step) => step());
    await expect(found).rejects.toMatchObject({ code: 'internal' });
  }
});
