// BLEU of a corpus (Papineni et al. 2002) as sacreBLEU counts it by default: case counts, tokens as mteval-v13a cuts them, n-grams of up
// to four, and where one length has no match at all the exponential smoothing of NIST. One reference a sentence.

const ORDER = 4;
const ENTITIES = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
] as const;

/** Percent. Throws where there is not one reference for each hypothesis. */
export function bleu(hypotheses: readonly string[], references: readonly string[]): number {
  if (hypotheses.length !== references.length)
    throw new Error(`${hypotheses.length} hypotheses have ${references.length} references; each has one`);
  const correct = Array<number>(ORDER).fill(0);
  const total = Array<number>(ORDER).fill(0);
  let [said, meant] = [0, 0];
  hypotheses.forEach((hypothesis, i) => {
    const [tokens, truth] = [tokens13a(hypothesis), tokens13a(references[i] ?? '')];
    said += tokens.length;
    meant += truth.length;
    for (let n = 1; n <= ORDER; n++) {
      const wanted = countRuns(truth, n);
      for (const [run, count] of countRuns(tokens, n)) {
        total[n - 1] = (total[n - 1] ?? 0) + count;
        correct[n - 1] = (correct[n - 1] ?? 0) + Math.min(count, wanted.get(run) ?? 0);
      }
    }
  });
  if (correct.every((count) => count === 0)) return 0;
  const brevity = said >= meant ? 1 : Math.exp(1 - meant / said);
  let [logs, halving] = [0, 1];
  for (let n = 0; n < ORDER; n++) {
    const [matched = 0, counted = 0] = [correct[n], total[n]];
    // No text is as long as the run: its precision is nought, and with it the whole.
    if (counted === 0) return 0;
    if (matched === 0) halving *= 2;
    logs += Math.log((100 * (matched || 1 / halving)) / counted);
  }
  return brevity * Math.exp(logs / ORDER);
}

/** sacreBLEU's `Tokenizer13a`. */
export function tokens13a(text: string): string[] {
  let line = text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  return ` ${line} `
    .replaceAll(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
    .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
    .replaceAll(/([0-9])(-)/g, '$1 $2 ')
    .split(/\s+/)
    .filter(Boolean);
}

function countRuns(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const run = tokens.slice(i, i + n).join(' ');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}
