import { expect, test } from 'vitest';
import { createSerial } from '../../shared/runtime/serial.ts';

test('jobs take turns, and a failure fails only its own', async () => {
  const serial = createSerial();
  const events: string[] = [];
  const job = (name: string, fails = false) =>
    serial(async () => {
      events.push(`${name} starts`);
      await scheduler.wait(1);
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([job('a'), job('b', true), job('c')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
});
