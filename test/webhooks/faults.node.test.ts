// The small form of `npm run bench -- webhooks-faults`: a receiver that fails, and workerd killed in the middle of it.

import { expect, test } from 'vitest';
import { prove } from './load/proof.ts';

test('every event is delivered, whatever the receiver does and though workerd is killed', async () => {
  const report = await prove({
    events: 200,
    rate: 100,
    kills: 1,
    factor: 3600,
    // Well three quarters of the time: that one event meets with ten failures is out of the question.
    phases: [
      ['ok', 2],
      ['500', 0.5],
      ['ok', 2],
      ['429', 0.5],
      ['ok', 2],
      ['hang', 0.5],
      ['ok', 2],
      ['close', 0.5],
      ['ok', 2],
      ['close-after', 0.5],
    ],
    patience: 150,
  });
  expect(report).toMatchObject({ sent: 200, accepted: 200, delivered: 200, dead: 0, lost: 0, kills: 1, faults: [] });
  // R2 says so too, and has nothing left to look at.
  expect(report).toMatchObject({ unfinished: 0, markers: 0 });
  // Faults did happen: which, depends on how fast the machine is.
  const { ok, ...failures } = report.receiver;
  expect(Object.values(failures).reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  expect(ok).toBeGreaterThanOrEqual(200);
});
