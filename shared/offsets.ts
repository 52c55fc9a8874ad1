// Positions on the wire: inside, everything counts UTF-16 units; the reference, being Python, counts code points.

import * as z from 'zod/mini';
import { optional } from './schema.ts';

/** Spread into the parameters of a task that answers with positions. */
export const offsetFields = {
  offset_unit: optional(z.enum(['codepoint', 'utf16'], 'must be codepoint or utf16'), 'codepoint'),
};

/** Turns a position in UTF-16 units of `text` into the unit asked for. Ask in ascending order: it walks the text once. */
export function positionsIn(text: string, unit: 'codepoint' | 'utf16'): (position: number) => number {
  if (unit === 'utf16' || !/[\ud800-\udbff]/.test(text)) return (position) => position;
  let at = 0;
  let codePoints = 0;
  return (position) => {
    if (position < at) {
      at = 0;
      codePoints = 0;
    }
    while (at < position) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      codePoints += 1;
    }
    return codePoints;
  };
}

/** Length in code points, which is Python's `len`. */
export const codePoints = (text: string): number => Array.from(text).length;
