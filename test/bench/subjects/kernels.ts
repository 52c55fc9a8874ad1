// The commands of the engine, in workerd: products in each mode that this machine can against dot products without memory, matrix–vector
// against reading the weights, attention, and the rest.

import { DOT_PAIRS, DOT_PLAIN, GELU_ERF, GELU_TANH } from '../../../shared/runtime/engine/command-format.ts';
import { MODES } from '../../../shared/runtime/engine/modes.ts';
import type { Row, Subject } from '../bench.ts';
import type { Case } from '../kernel-cases.ts';
import { buildLimits } from '../limits.ts';
import { start } from '../workerd.ts';

type Report = (row: Omit<Row, 'subject'>) => void;
type Time = (...cases: Case[]) => Promise<number[]>;

const SIZES = [
  [384, 1152],
  [384, 1536],
  [1536, 384],
  [768, 3072],
  [3072, 768],
] as const;
const ROWS = [1, 8, 16, 64, 128];
/** Of weights, so that a matrix does not lie in a cache when its turn comes again. */
const COLD_BYTES = 96e6;

export default {
  name: 'kernels',
  summary: 'the engine’s commands; products against bare dot products of this machine (peer), or as the case says',
  async run(report) {
    await buildLimits();
    const workerd = await start('test/bench/workers/kernels.ts', { checkpoints: [] });
    try {
      const mode: number = JSON.parse(await workerd.get('/'));
      console.error(`  mode of this machine: ${MODES[mode]?.name}`);
      const time: Time = async (...cases) => (await workerd.post('/', cases)).json() as Promise<number[]>;
      await reportProducts(report, time, mode);
      await reportVectors(report, time, mode);
      await reportFloats(report, time);
      await reportInt8Attention(report, time);
    } finally {
      await workerd.close();
    }
  },
} satisfies Subject;

/** How much of the products that the machine can do at all, in this minute, are done. */
async function reportProducts(report: Report, time: Time, mode: number): Promise<void> {
  const rounds = 1e5;
  for (const [depth, columns] of SIZES) {
    const cases = ROWS.map((rows) => ({ kind: 'linear', rows, depth, columns, mode }) as const);
    const rows = 64;
    const others = [DOT_PLAIN, DOT_PAIRS, -1].map((mode) => ({ kind: 'linear', rows, depth, columns, mode }) as const);
    const [bare = 0, ...times] = await time({ kind: 'dots', rounds }, ...cases, ...others);
    const peer = (rounds * 12 * 16) / bare / 1e6;
    for (const [n, { rows, mode }] of [...cases, ...others].entries()) {
      const ours = (rows * depth * columns) / (times[n] ?? 0) / 1e6;
      const name = n < ROWS.length ? '' : `, ${MODES[mode]?.name ?? 'floats'}`;
      report({ case: `${rows} × ${depth} × ${columns}${name}`, unit: 'GMAC/s', ours, peer, ratio: ours / peer });
    }
  }
}

async function reportVectors(report: Report, time: Time, mode: number): Promise<void> {
  for (const [depth, columns] of SIZES) {
    const bytes = (columns / 8) * (8 * depth + 96);
    const copies = Math.ceil(COLD_BYTES / bytes);
    const it = { kind: 'linear', depth, columns, copies } as const;
    const rows = [1, 2, 4, 6];
    const times = await time({ ...it, rows: 1, mode: -2 }, ...rows.map((rows) => ({ ...it, rows, mode })));
    const [peer = 0, ...ours] = times.map((ms) => (bytes * copies) / ms / 1e6);
    for (const [i, speed] of ours.entries()) {
      const name = `${rows[i]} × ${depth} × ${columns} from memory, reading (peer)`;
      report({ case: name, unit: 'GB/s', ours: speed, peer, ratio: speed / peer });
    }
  }
}

async function reportFloats(report: Report, time: Time): Promise<void> {
  for (const depth of [32, 64]) {
    for (const [queries, keys] of [
      [128, 128],
      [1, 128],
      [1, 1024],
    ] as const) {
      const [ours = 0, peer = 0] = await time(
        { kind: 'attention', heads: 12, depth, queries, keys, mask: true },
        { kind: 'attention', heads: 12, depth, queries, keys, mask: false },
      );
      const name = `attention 12 × ${depth}, ${queries} to ${keys}, no mask (peer)`;
      report({ case: name, unit: 'µs', ours: ours * 1e3, peer: peer * 1e3, ratio: peer / ours });
    }
  }
  const count = 128 * 1536;
  const [erf = 0, tanh = 0, norm = 0, matmul = 0] = await time(
    { kind: 'unary', operation: GELU_ERF, count },
    { kind: 'unary', operation: GELU_TANH, count },
    { kind: 'norm', rows: 128, columns: 384 },
    { kind: 'matmul', rows: 128, columns: 384, inner: 384 },
  );
  const alone = { peer: null, ratio: null };
  report({ case: 'GELU_ERF', unit: 'ns/value', ours: (erf * 1e6) / count, ...alone });
  report({ case: 'GELU_TANH', unit: 'ns/value', ours: (tanh * 1e6) / count, ...alone });
  report({ case: 'LAYER_NORM 128 × 384, with added and sum', unit: 'µs', ours: norm * 1e3, ...alone });
  report({ case: 'MATMUL 128 × 384 × 384', unit: 'GMAC/s', ours: (128 * 384 * 384) / matmul / 1e6, ...alone });
}

async function reportInt8Attention(report: Report, time: Time): Promise<void> {
  for (const depth of [32, 64]) {
    for (const tokens of [32, 64, 128, 256, 512]) {
      const it = { kind: 'attention', heads: 12, depth, queries: tokens, keys: tokens, mask: true } as const;
      const [ours = 0, peer = 0] = await time({ ...it, isInt8: true }, it);
      const name = `attention 12 × ${depth}, ${tokens} to ${tokens}, int8, floats (peer)`;
      report({ case: name, unit: 'µs', ours: ours * 1e3, peer: peer * 1e3, ratio: peer / ours });
    }
  }
}
