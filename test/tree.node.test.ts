// The shape of the tree: imports go down the layers, files stay small. Part of `npm run check`.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const TASKS = 11;

/** Rows from the lowest; the first prefix that fits decides. A file imports from lower rows and from its own folder. */
const ROWS: readonly (readonly [prefix: string, row: number])[] = [
  ['shared/errors.ts', 0],
  ['shared/meter.ts', 0],
  ['shared/cache-gate.ts', 0],
  ['shared/tensor.ts', 0],
  ['shared/tokenizer/format.ts', 0],
  ['shared/tokenizer/pipeline-format.ts', 0],
  ['shared/tokenizer/wasm/models/', 2],
  ['shared/tokenizer/wasm/index.ts', 3],
  ['shared/tokenizer/wasm/', 1],
  ['shared/tokenizer/', 4],
  ['shared/runtime/engine/command-format.ts', 0],
  ['shared/runtime/engine/wasm/index.ts', 3],
  ['shared/runtime/engine/wasm/', 1],
  ['shared/runtime/session.ts', 2],
  ['shared/runtime/serial.ts', 2],
  ['shared/runtime/move-rows.ts', 2],
  ['shared/runtime/check-names.ts', 3],
  ['shared/runtime/kept-rows.ts', 3],
  ['shared/runtime/', 4],
  ['shared/model/', 5],
  ['shared/schema.ts', 6],
  ['shared/task.ts', 6],
  ['shared/forward.ts', 7],
  ['shared/truncation.ts', 7],
  ['shared/entities.ts', 7],
  ['shared/spans.ts', 7],
  ['shared/pooling.ts', 7],
  ['shared/offsets.ts', 7],
  ['shared/generate/', 8],
  ['shared/http/', 9],
  ['shared/webhooks/pointer.ts', 7],
  ['shared/webhooks/template.ts', 7],
  ['shared/webhooks/schedule.ts', 7],
  ['shared/webhooks/destination-url.ts', 7],
  ['shared/webhooks/hook.ts', 7],
  ['shared/webhooks/hook-file.ts', 7],
  ['shared/webhooks/signatures/', 8],
  ['shared/webhooks/', 10],
  ['functions/index.ts', 13],
  ['functions/webhooks.ts', 12],
  ['functions/openai.ts', 12],
  ['functions/', TASKS],
];
const MAX_LINES = 300;
/** Names of package.json, `imports`. */
const ALIASES: Readonly<Record<string, string>> = { '#onnxruntime': 'shared/runtime/ort.ts' };

const rowOf = (file: string) => ROWS.find(([prefix]) => file.startsWith(prefix))?.[1];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !file.endsWith('.d.ts'));

function importsOf(file: string): string[] {
  return specifiersIn(readFileSync(join(ROOT, file), 'utf8'))
    .map((path) => ALIASES[path] ?? normalize(join(dirname(file), path)))
    .map((path) => (/\.\w+$/.test(path) ? path : `${path}.ts`));
}

/** Of `… from 'x'`, `import 'x'` and `import('x')`. */
function specifiersIn(source: string): string[] {
  const forms = [
    /^(?:import|export)[^;]*?from '([.#][^']+)'/gms,
    /\bimport '(\.[^']+)'/g,
    /\bimport\(\s*['`](\.[^'`$]+)['`]/g,
  ];
  return forms.flatMap((form) => Array.from(source.matchAll(form), ([, path = '']) => path));
}

/** Why `from` may not import `to`; undefined where it may. */
function fault(from: string, to: string): string | undefined {
  if (to.startsWith('node_modules/')) return undefined;
  // But for what runs them.
  if (!/^(test\/|vitest\.config)/.test(from) && to.startsWith('test/')) return 'nothing imports tests';
  if (!/^(test|model-assets)\//.test(from) && to.startsWith('model-assets/'))
    return 'the Worker does not import publishing code';
  // But for a trial run, which is one.
  if (from === 'model-assets/host/trial-worker.ts') return undefined;
  if (from.startsWith('model-assets/') && /^(functions|shared\/http)\//.test(to)) return 'publishing knows no requests';
  const [own, other] = [rowOf(from), rowOf(to)];
  if (own === undefined || other === undefined) return undefined;
  if (own === TASKS && other === TASKS) return 'tasks are blind to one another';
  // The files at the top of shared/ are no folder of one row.
  const isOwnFolder = dirname(from) !== 'shared' && `${dirname(to)}/`.startsWith(`${dirname(from)}/`);
  return other < own || isOwnFolder ? undefined : `row ${own} imports row ${other}`;
}

test('imports go down', () => {
  const faults = files.flatMap((file) =>
    importsOf(file).flatMap((to) => {
      const reason = fault(file, to);
      return reason ? [`${file} -> ${to}: ${reason}`] : [];
    }),
  );
  expect(faults).toEqual([]);
});

test('every file of the Worker has a row', () => {
  expect(files.filter((file) => /^(shared|functions)\//.test(file) && rowOf(file) === undefined)).toEqual([]);
});

test('the rule sees an import that goes up', () => {
  expect(fault('shared/tokenizer/tokenizer.ts', 'shared/model/manifest.ts')).toBe('row 4 imports row 5');
  expect(fault('functions/forward.ts', 'functions/text-classification.ts')).toBe('tasks are blind to one another');
  expect(fault('shared/errors.ts', 'shared/http/serve.ts')).toBe('row 0 imports row 9');
  expect(fault('shared/task.ts', 'shared/schema.ts')).toBe('row 6 imports row 6');
  expect(fault('shared/runtime/session.ts', 'test/http/worker.ts')).toBe('nothing imports tests');
  expect(fault('model-assets/bucket/publish.ts', 'shared/http/serve.ts')).toBe('publishing knows no requests');
  expect(specifiersIn("import './a.ts';\nconst b = await import('./b.ts');\nexport {\n  c,\n} from './c.ts';")).toEqual(
    ['./c.ts', './a.ts', './b.ts'],
  );
  expect(importsOf('functions/text-classification.ts')).toContain('shared/http/serve.ts');
});

test(`no file has more than ${MAX_LINES} lines`, () => {
  const long = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > MAX_LINES);
  expect(long.filter((file) => !file.includes('/generated'))).toEqual([]);
});
