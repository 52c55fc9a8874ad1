// Warnings beside an answer: few and short, as a client takes only so much of headers.

import { expect, test } from 'vitest';
import { createWarn } from '../../shared/http/warnings.ts';

function told(...messages: string[]): string[] {
  const headers: string[] = [];
  const warn = createWarn((header) => headers.push(header));
  for (const message of messages) warn(message);
  return headers;
}

test('as it is said, in ASCII', () => {
  expect(told('été "x"')).toEqual(['199 - "\\u00e9t\\u00e9 \\"x\\""']);
});

test('nothing twice', () => {
  expect(told('a', 'b', 'a')).toEqual(['199 - "a"', '199 - "b"']);
});

test('of many the first, and that there are more', () => {
  const headers = told(...Array.from({ length: 500 }, (_, i) => `${i}`));
  expect(headers).toHaveLength(9);
  expect(headers[7]).toBe('199 - "7"');
  expect(headers[8]).toBe('199 - "there is more to warn of, which is left out"');
});

test('of a long one the beginning', () => {
  const [header = ''] = told('é'.repeat(500_000));
  expect(header.length).toBeLessThan(2000);
  expect(header).toMatch(/^199 - "(\\u00e9){300}\\u2026"$/);
});
