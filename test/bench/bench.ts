// npm run bench -- [subject …] [--json]: what this project claims of its speed and size, measured here and now.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

/** One figure. `ratio` over 1 means that ours is better than the peer. */
export interface Row {
  subject: string;
  case: string;
  unit: string;
  ours: number;
  peer: number | null;
  ratio: number | null;
}

export interface Subject {
  readonly name: string;
  /** One line, the peer in it. */
  readonly summary: string;
  run(report: (row: Omit<Row, 'subject'>) => void): Promise<void>;
}

const NAMES = [
  'tokenizer',
  'curve',
  'border',
  'request',
  'tasks',
  'writing',
  'batch',
  'cold',
  'store',
  'memory',
  'six-open',
  'size',
  'schema',
  'kernels',
  'engine',
  'prompts',
  'rows',
  'engine-error',
  'engine-labels',
  'models',
  'webhooks',
  'webhooks-faults',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !NAMES.includes(name));

if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`there is no subject ${unknown.join(', ')}`);
  console.log(`npm run bench -- [subject …] [--json]\n\nsubjects: ${NAMES.join(', ')}; all of them without one`);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  if (!values.json) console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`);
  for (const name of positionals.length > 0 ? positionals : NAMES) await runSubject(name);
}

async function runSubject(name: string): Promise<void> {
  const { default: subject }: { default: Subject } = await import(`./subjects/${name}.ts`);
  if (!values.json) console.log(`\n${name}: ${subject.summary}`);
  await subject.run((row) => console.log(values.json ? JSON.stringify({ subject: name, ...row }) : toLine(row)));
}

function toLine({ case: name, unit, ours, peer, ratio }: Omit<Row, 'subject'>): string {
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0));
  return `  ${name.padEnd(44)} ${number(ours).padStart(9)} ${unit.padEnd(8)} ${number(peer).padStart(9)} ${number(ratio).padStart(7)}`;
}
