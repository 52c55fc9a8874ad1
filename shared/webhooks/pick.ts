// Picks out of a payload what a hook asks for: the texts, the fields that go along, the event's own id.

import { ServiceError } from '../errors.ts';
import type { Hook } from './hook.ts';
import { kindOf, resolve } from './pointer.ts';
import { fill } from './template.ts';

/** Whether the hook cares for this payload: each pointer of `when` has one of its values; null stands for what is missing too. */
export function isMeant({ when }: Hook, payload: unknown): boolean {
  return Object.entries(when).every(([path, values]) => {
    const value = resolve(payload, path) ?? null;
    return values.some((each) => each === value);
  });
}

/** The texts to classify. Throws `invalid_input` where a pointer finds no string. */
export function pickTexts({ text, template }: Hook, payload: unknown): string[] {
  if (template !== null) {
    const filled = fill(template, (path) => toText(resolve(payload, path) ?? '', path));
    if (filled.trim() === '')
      throw new ServiceError('invalid_input', 'the payload has none of the texts of the template');
    return [filled];
  }
  return [text ?? []].flat().map((path) => toText(resolve(payload, path), path));
}

/** Values that go along with the result, by the names that the hook gives them; null where the payload has none. */
export function pickFields({ fields }: Hook, payload: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, path]) => [name, resolve(payload, path) ?? null]));
}

function toText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new ServiceError('invalid_input', `${path} of the payload is ${kindOf(value)}; it must be a string`);
}
