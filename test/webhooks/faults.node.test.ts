// The small form of `npm run bench -- webhooks-faults`: a receiver that fails, and workerd killed in the middle of it.

import { expect, test } from 'vitest';
import { prove } from './load/proof.ts';

test('every event is delivered, whatever the receiver does and though workerd is killed', async () => {
  const report = await prove({
    events: 200,
    rate: 100,
    kills: 1,
    factor: 1800,
    phases: [
      ['ok', 1],
      ['500', 0.5],
      ['429', 0.5],
      ['hang', 0.5],
      ['close', 0.5],
      ['close-after', 0.5],
    ],
    patience: 150,
  });
  expect(report).toMatchObject({ sent: 200, accepted: 200, delivered: 200, dead: 0, lost: 0, kills: 1, faults: [] });
  // The faults did happen.
  for (const behaviour of ['500', '429'] as const) expect(report.receiver[behaviour]).toBeGreaterThan(0);
});
