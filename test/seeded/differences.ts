// Where an answer differs from what the reference answered.

/** Half a unit of the last digit that the goldens keep comes on top of 1e-4. */
const TOLERANCE = 1e-4 + 5e-6;

/** One line for each difference; `path` is where `actual` stands. Numbers may differ a little, but for whole ones: places and token ids. */
export function differences(actual: unknown, expected: unknown, path: string): string[] {
  if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    const at = (value: object, key: string) => (value as Record<string, unknown>)[key];
    return [...keys].flatMap((key) => differences(at(actual, key), at(expected, key), `${path}.${key}`));
  }
  if (
    typeof expected === 'number' &&
    typeof actual === 'number' &&
    Math.abs(actual - expected) <= tolerance(expected)
  ) {
    return [];
  }
  return actual === expected ? [] : [`${path}: ${JSON.stringify(actual)} should be ${JSON.stringify(expected)}`];
}

const tolerance = (expected: number) => (Number.isInteger(expected) && expected > 1 ? 0 : TOLERANCE);
