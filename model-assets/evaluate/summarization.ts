// ROUGE-L on the development set of SciTLDR, beside that of the first sentence of each text; and how far summaries keep to the source.

import { join } from 'node:path';
import { rougeL } from './rouge.ts';
import { readRows, type Service } from './service.ts';
import { printWrong } from './wrong.ts';

interface Paper {
  readonly document: string;
  readonly summary: readonly string[];
}

export async function summarization(service: Service, data: string, wrong: number): Promise<void> {
  const rows = await readRows<Paper>(join(data, 'summarization', 'scitldr.dev.jsonl.gz'));
  let [ours, leads, length, made] = [0, 0, 0, 0];
  const lines: string[] = [];
  for (const { document, summary } of rows) {
    const [answer] = await service.ask<{ summary_text: string }[]>('summarization', { inputs: document });
    const text = answer?.summary_text ?? '';
    const lead = rougeL(leadOf(document), summary);
    const score = rougeL(text, summary);
    ours += score;
    leads += lead;
    length += text.length / document.length;
    const known = new Set(document.match(/[\p{L}\p{M}\p{N}]+/gu));
    made += (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).some((word) => /^\p{Lu}/u.test(word) && !known.has(word))
      ? 1
      : 0;
    if (score < lead) lines.push(`${leadOf(document)} … | said: ${text} | true: ${summary[0]}`);
  }
  const percent = (sum: number) => ((100 * sum) / rows.length).toFixed(2);
  console.log(
    `summarization        SciTLDR dev  ROUGE-L ${percent(ours)}, of the first sentence ${percent(leads)}  (${rows.length} texts, nearest of several summaries)`,
  );
  console.log(
    `  length ${percent(length)} % of the source; summaries with a capitalised word that the source lacks: ${made}`,
  );
  printWrong(lines, wrong);
}

/** Up to the first full stop, question or exclamation mark before a space. */
const leadOf = (document: string) => /^.*?[.!?](?=\s|$)/su.exec(document)?.[0] ?? document;
