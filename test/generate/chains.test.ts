// Golden: many options at once, in the order in which transformers 4.57 applies them (model-assets/seeded-writing/chains.py).

import { expect, test } from 'vitest';
import { toConfig } from '../../shared/generate/config.ts';
import { generationFields } from '../../shared/generate/parameters.ts';
import { processorsOf } from '../../shared/generate/processors.ts';
import { warpersOf } from '../../shared/generate/warpers.ts';
import { fields, parse } from '../../shared/schema.ts';
import goldens from '../fixtures/seeded-writing/chains.json';
import { NO_LIMITS, NOTHING_SPECIAL } from './limits.ts';

const ENDS = [2, 5];
const schema = fields(generationFields);

test.each(goldens.cases.map((each, i) => [i, each] as const))('case %d', (_, each) => {
  const { parameters, renormalize, promptLength, ids, scores, expected } = each;
  const config = toConfig([parse(schema, parameters)], {
    ...NOTHING_SPECIAL,
    promptLength,
    renormalize,
    contextLength: 1000,
    eosIds: ENDS,
    vocabularySize: scores.length,
    limits: NO_LIMITS,
    warn: () => undefined,
  });
  const row = Float32Array.from(scores);
  for (const process of processorsOf(config)) process(row, ids);
  if (config.doSample) for (const warp of warpersOf(config)) warp(row);
  expected.forEach((value, id) => {
    const place = `${JSON.stringify(parameters)} after ${ids}, token ${id}`;
    if (value === null) expect(row[id], place).toBe(Number.NEGATIVE_INFINITY);
    else expect(row[id], place).toBeCloseTo(value, 4);
  });
});
