// Numbers as a person reads them.

export function megabytes(bytes: number): string {
  return Math.abs(bytes) < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `what`: of one. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
