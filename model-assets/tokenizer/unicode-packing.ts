// Unpacks the tables of unicode-data.ts and unicode-classes.ts; their first lines say how they are packed.

function* parseWords(packed: string): Generator<[number, ...number[]]> {
  for (const word of packed.split(' ')) {
    const [gap = 0, ...rest] = word.split(',').map((digits) => Number.parseInt(digits, 36));
    yield [gap, ...rest];
  }
}

/** Value by code point, 1 where the table has none. */
export function parseRanges(packed: string): Map<number, number> {
  const values = new Map<number, number>();
  let at = 0;
  for (const [gap, extra = 0, value = 1] of parseWords(packed)) {
    at += gap;
    for (const end = at + extra; at < end; at++) values.set(at, value);
    values.set(at, value);
  }
  return values;
}

/** The same by place, 0 where the table has none: for tables that are asked of every code point. */
export function parseRangeTable(packed: string): Uint8Array {
  const values = new Uint8Array(0x110000);
  let at = 0;
  for (const [gap, extra = 0, value = 1] of parseWords(packed)) {
    at += gap;
    values.fill(value, at, at + extra + 1);
    at += extra;
  }
  return values;
}

/** Code points by code point. */
export function parseMappings(packed: string): Map<number, readonly number[]> {
  const mappings = new Map<number, readonly number[]>();
  let at = 0;
  for (const [gap, ...distances] of parseWords(packed)) {
    at += gap;
    const from = at;
    mappings.set(
      from,
      distances.map((d) => (d % 2 === 0 ? from + d / 2 : from - (d + 1) / 2)),
    );
  }
  return mappings;
}

const latin1 = new TextDecoder('latin1');
/** The same text for the same elements: a character for each byte. */
export const keyOfTable = (table: Uint8Array | Uint16Array): string => latin1.decode(table);
