// The table of the README: architectures by tasks, each cell what a run gave.

import type { Outcome } from './serve-cells.ts';

export const START = '<!-- matrix: npm run matrix writes what follows -->';
export const END = '<!-- /matrix -->';
const NONE = '—';

/** Markdown, as the formatter leaves it. */
export function toTable(outcomes: readonly Outcome[]): string {
  const tasks = [...new Set(outcomes.map(({ task }) => task))];
  const notes: string[] = [];
  const cellOf = (outcome: Outcome | undefined): string => {
    if (!outcome) throw new Error('the goldens leave out a cell');
    const { engine, reason } = outcome;
    if (reason === undefined) return engine ?? NONE;
    if (hasNoClass(outcome)) return NONE;
    const known = notes.indexOf(reason);
    const number = known < 0 ? notes.push(reason) : known + 1;
    return `${engine === undefined ? NONE : 'fails'} [${number}]`;
  };
  const rows = [...new Set(outcomes.map(({ architecture }) => architecture))].map((architecture) => [
    architecture,
    ...tasks.map((task) => cellOf(outcomes.find((each) => each.architecture === architecture && each.task === task))),
  ]);
  return [toMarkdown(['', ...tasks], rows), toCaption(outcomes), ...toNotes(notes)].join('\n\n');
}

const hasNoClass = ({ engine, reason }: Outcome) => engine === undefined && /has no class/.test(reason ?? '');

function toCaption(outcomes: readonly Outcome[]): string {
  const served = outcomes.filter(({ engine, reason }) => engine !== undefined && reason === undefined);
  const answers = served.reduce((sum, each) => sum + each.answers, 0);
  const none = outcomes.filter(hasNoClass).length;
  return `${served.length} cells are served, and ${answers} answers compared; ${NONE}: transformers has no class of the architecture for the task (${none}).`;
}

const toNotes = (notes: readonly string[]): string[] => notes.map((note, i) => `[${i + 1}] ${note}`);

function toMarkdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The README with the table in its place. Throws where it has no place for it. */
export function putTable(readme: string, table: string): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`README.md lacks the lines ${START} and ${END}`);
  return `${readme.slice(0, start + START.length)}\n\n${table}\n\n${readme.slice(end)}`;
}
