// Positions on the wire: inside, everything counts UTF-16 units; the reference, being Python, counts code points.

import * as z from 'zod/mini';
import { optional } from './schema.ts';

/** Spread into the parameters of a task that answers with positions. */
export const offsetFields = {
  offset_unit: optional(z.enum(['codepoint', 'utf16'], 'must be codepoint or utf16'), 'codepoint'),
};

/** UTF-16 units from one place whose code points are known to the next. */
const BETWEEN_MARKS = 64;

/** Turns a position in UTF-16 units of `text` into the unit asked for. In whatever order they are asked, the text is walked through once. */
export function positionsIn(text: string, unit: 'codepoint' | 'utf16'): (position: number) => number {
  if (unit === 'utf16' || !/[\ud800-\udbff]/.test(text)) return (position) => position;
  /** Code points before every BETWEEN_MARKS-th unit, as far as positions were asked for. */
  const marks = [0];
  return (position) => {
    const mark = Math.floor(position / BETWEEN_MARKS);
    for (let last = marks.length - 1; last < mark; last++) {
      const from = last * BETWEEN_MARKS;
      marks.push((marks[last] ?? 0) + beginningsIn(text, from, from + BETWEEN_MARKS));
    }
    return (marks[mark] ?? 0) + beginningsIn(text, mark * BETWEEN_MARKS, position);
  };
}

/** How many code points begin in [from, to): each unit does but the second of a surrogate pair. */
function beginningsIn(text: string, from: number, to: number): number {
  let count = to - from;
  for (let at = Math.max(from, 1); at < to; at++) {
    if (isIn(text.charCodeAt(at), 0xdc00) && isIn(text.charCodeAt(at - 1), 0xd800)) count -= 1;
  }
  return count;
}

/** Whether a unit is one of the 1024 surrogates from `first`. */
const isIn = (unit: number, first: number): boolean => (unit & 0xfc00) === first;

/** Length in code points, which is Python's `len`. */
export const codePoints = (text: string): number => Array.from(text).length;
