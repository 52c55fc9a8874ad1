// The proof that nothing is lost: 10,000 events, a receiver that fails in all ways, workerd killed ten times.

import { prove } from '../../webhooks/load/proof.ts';
import type { Subject } from '../bench.ts';

/** Of the schedule of Standard Webhooks: its three days become two and a half minutes. */
const FACTOR = 1800;

const UNITS: Readonly<Record<string, string>> = { seconds: 's', achieved: '/s' };

export default {
  name: 'webhooks-faults',
  summary: `10,000 events, 100 a second at most, a receiver that fails, ten times kill -9; the retry schedule is divided by ${FACTOR}`,
  async run(report) {
    const { faults, receiver, ...counts } = await prove({
      events: 10_000,
      rate: 100,
      kills: 10,
      factor: FACTOR,
      phases: [
        ['ok', 4],
        ['500', 1.5],
        ['ok', 3],
        ['429', 1.5],
        ['ok', 3],
        ['hang', 1.5],
        ['ok', 3],
        ['close', 1.5],
        ['close-after', 1],
      ],
      patience: 1800,
      log: (line) => console.error(line),
    });
    report({ case: 'retry schedule divided by', unit: '', ours: FACTOR, peer: null, ratio: null });
    for (const [name, value] of Object.entries({ ...counts, faults: faults.length })) {
      report({ case: name, unit: UNITS[name] ?? '', ours: value, peer: null, ratio: null });
    }
    for (const [name, value] of Object.entries(receiver)) {
      report({ case: `receiver: ${name}`, unit: '', ours: value, peer: null, ratio: null });
    }
    for (const fault of faults.slice(0, 10)) console.error(fault);
    const { dead, lost, unfinished, markers } = counts;
    if (dead + lost + unfinished + markers + faults.length > 0) process.exitCode = 1;
  },
} satisfies Subject;
