// Positions in code points, against the reference's `len` of what stands before them.

import { expect, test, vi } from 'vitest';
import { codePoints, positionsIn } from '../shared/offsets.ts';

/** With pairs on both sides of every place, and surrogates that stand alone. */
const TEXT = `é😀${'\ud83d'}a${'\ude00'}😀${'\ud83d'}😀 `.repeat(20);

const positions = Array.from({ length: TEXT.length + 1 }, (_, i) => i);

test.each([
  ['ascending', positions],
  ['descending', positions.toReversed()],
  ['mixed', positions.map((i) => (i * 89) % positions.length)],
])('%s', (_, asked) => {
  const toWire = positionsIn(TEXT, 'codepoint');
  for (const position of asked) expect(toWire(position)).toBe(codePoints(TEXT.slice(0, position)));
});

test('utf16 is what it was', () => {
  expect(positions.map(positionsIn(TEXT, 'utf16'))).toEqual(positions);
});

test('the text is walked through once, however often and in whatever order it is asked of', () => {
  const text = '😀'.repeat(2_000);
  const toWire = positionsIn(text, 'codepoint');
  const read = [vi.spyOn(String.prototype, 'charCodeAt'), vi.spyOn(String.prototype, 'codePointAt')];
  try {
    for (let i = 0; i < 50; i++) expect(toWire(i % 2 === 0 ? text.length - i : 2 * i)).toBeGreaterThan(0);
    // A unit and the one before it, and a little for each question.
    expect(read.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBeLessThan(3 * text.length);
  } finally {
    for (const each of read) each.mockRestore();
  }
});
