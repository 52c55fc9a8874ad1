// The line that tells how far a download is.

import { expect, test } from 'vitest';
import { Progress } from '../../model-assets/commands/progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('share, bytes, rate and time left', () => {
  let now = 0;
  const tty = screen(true);
  const progress = new Progress('model', tty, () => now);
  progress.start(10_000_000);
  now = 1000;
  progress.add(2_500_000);
  expect(tty.written.at(-1)).toBe(
    '\r\x1b[2Kmodel ██████░░░░░░░░░░░░░░░░░░ 25 %  2.5 MB of 10.0 MB  2.5 MB/s, 3 s left',
  );
  // What was worth nothing is taken off.
  now = 2000;
  progress.add(-2_500_000);
  expect(tty.written.at(-1)).toContain(' 0 %  0.0 kB of 10.0 MB');
  progress.end();
  expect(tty.written.at(-1)).toBe('\r\x1b[2K');
});

test('what was there before says nothing of the rate, and minutes are told as such', () => {
  let now = 0;
  const progress = new Progress('model', screen(true), () => now);
  progress.start(100_000_000, 90_000_000);
  now = 1000;
  progress.add(100_000);
  expect(progress.line()).toContain('90 %  90.1 MB of 100.0 MB  100.0 kB/s, 1 min 39 s left');
});

test('not oftener than anybody reads, and never where nobody does', () => {
  let now = 0;
  const tty = screen(true);
  const progress = new Progress('model', tty, () => now);
  progress.start(1000);
  for (now = 0; now < 1000; now++) progress.add(1);
  expect(tty.written.length).toBeLessThan(12);
  const file = screen(false);
  const quiet = new Progress('model', file, () => now);
  quiet.start(1000);
  now += 5000;
  quiet.add(500);
  quiet.end();
  expect(file.written).toEqual([]);
});
