// Texts of any length: an ordinary one, and the worst for each algorithm.

export const TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  english: (bytes) => repeat('The slow lecture was given by a quiet engineer in Dakar; nobody recommended it. ', bytes),
  word: (bytes) => repeat('internationalization', bytes),
  aaaa: (bytes) => 'a'.repeat(bytes),
  marks: (bytes) => '\u0301'.repeat(bytes / 2),
  spaces: (bytes) => ' '.repeat(bytes),
  unknown: (bytes) => '\u{1d173}'.repeat(bytes / 4),
};

function repeat(piece: string, bytes: number): string {
  return piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes);
}
