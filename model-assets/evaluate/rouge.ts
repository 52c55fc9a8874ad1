// ROUGE-L (Lin 2004), the F measure of the longest common subsequence of words, as Google's rouge-score counts it without a stemmer:
// words are runs of a-z and 0-9 in lower case.

/** From 0 to 1, against the nearest of the references. */
export function rougeL(text: string, references: readonly string[]): number {
  const words = wordsOf(text);
  return Math.max(0, ...references.map((reference) => f1(words, wordsOf(reference))));
}

function f1(words: readonly string[], truth: readonly string[]): number {
  const common = commonLength(words, truth);
  if (common === 0) return 0;
  const [precision, recall] = [common / words.length, common / truth.length];
  return (2 * precision * recall) / (precision + recall);
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

/** Length of the longest common subsequence, row by row of the table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  for (const word of a) {
    const row = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++)
      row[j] = word === b[j - 1] ? (above[j - 1] ?? 0) + 1 : Math.max(above[j] ?? 0, row[j - 1] ?? 0);
    above = row;
  }
  return above[b.length] ?? 0;
}
