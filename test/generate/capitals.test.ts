// Words that begin with a capital come out of the source or not at all.

import { expect, test, vi } from 'vitest';
import { capitalsFrom } from '../../shared/generate/capitals.ts';

/** The first ends texts; 7 is a byte of a letter. */
const PIECES = ['', ' The', ' Hug', 'ging', ' the', 'Face', '-Face', '\ufffd', '.', ' É', 'cole', 's'];
const SOURCE = 'The makers of Hugging-Face, not of Hugs.';

/** The pieces that may not follow others. */
function forbidden(source: string, ...before: string[]): string[] {
  const scores = new Float32Array(PIECES.length);
  capitalsFrom(source, PIECES)(scores, [0, ...before.map((piece) => PIECES.indexOf(piece))]);
  return PIECES.filter((_, id) => scores[id] !== 0);
}

test.each([
  ['no capital in the source, none in what is written', 'all is small', [], [' The', ' Hug', 'Face', '-Face', ' É']],
  ['a capital within a word begins none', 'all is small', [' the'], [' The', ' Hug', '-Face', ' É']],
  ['words of the source may begin', SOURCE, [], [' É']],
  [
    'what is begun goes on as in the source',
    SOURCE,
    [' Hug'],
    ['', ' The', ' Hug', ' the', 'Face', '-Face', '\ufffd', '.', ' É', 'cole'],
  ],
  ['and ends as there', SOURCE, [' Hug', 'ging'], ['Face', ' É', 'cole', 's', 'ging']],
  ['a word of the source may end the text', SOURCE, [' The'], ['ging', 'Face', ' É', 'cole', 's']],
  [
    'each part of a compound is a word',
    'Hugging the face',
    [' Hug', 'ging'],
    [' The', 'Face', '-Face', ' É', 'cole', 's', 'ging'],
  ],
  ['letters with accents are letters', "À l'École", [' É'], PIECES.filter((piece) => piece !== 'cole')],
  ['where a letter came in bytes the text goes on', 'all is small', [' É'], []],
])('%s', (_, source, before, expected) => {
  expect(forbidden(source, ...before).toSorted()).toEqual(expected.toSorted());
});

test('a long word costs no more than its letters, not a text for each of its beginnings', () => {
  const slice = vi.spyOn(String.prototype, 'slice');
  try {
    capitalsFrom(`A${'a'.repeat(10_000)}`, PIECES)(new Float32Array(PIECES.length), [0, PIECES.indexOf(' The')]);
    expect(slice.mock.calls.length).toBeLessThan(100);
  } finally {
    slice.mockRestore();
  }
});
