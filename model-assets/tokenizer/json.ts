// Reads untyped JSON, and says by name what is not as it should be.

export type Json = Readonly<Record<string, unknown>>;

export function parseJson(json: string, name: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`${name} is no JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

export function onlyKeys(value: Json, name: string, keys: readonly string[]): void {
  const stranger = Object.keys(value).find((key) => !keys.includes(key));
  if (stranger !== undefined) throw new Error(`${name}: option "${stranger}" is not supported`);
}

export function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`);
  return value as Json;
}

export function array(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`);
  return value;
}

export function text(from: Json, name: string, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new Error(`${name}.${key} is not a string`);
  return value;
}

/** `missing` stands for a boolean that is not there, if it is given. */
export function boolean(from: Json, name: string, key: string, missing?: boolean): boolean {
  const value = from[key] ?? missing;
  if (typeof value !== 'boolean') throw new Error(`${name}.${key} is not a boolean`);
  return value;
}

/** `name`: where it is long to tell, as of one of many, how it is told. */
export function integer(value: unknown, name: string | (() => string)): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0x3fffffff) {
    throw new Error(`${typeof name === 'string' ? name : name()} is not an integer from 0 to ${0x3fffffff}`);
  }
  return value;
}

/** Ids by piece. */
export function vocabularyOf(value: unknown, name: string): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const ids = object(value, `${name}.vocab`);
  for (const piece of Object.keys(ids))
    vocabulary.set(
      piece,
      integer(ids[piece], () => `${name}.vocab[${JSON.stringify(piece)}]`),
    );
  return vocabulary;
}
