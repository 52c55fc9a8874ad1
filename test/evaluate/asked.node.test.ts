// What the measures ask of a service, and what they print of its answers: singly, then eight at once.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { featureExtraction } from '../../model-assets/evaluate/feature-extraction.ts';
import { fillMask } from '../../model-assets/evaluate/fill-mask.ts';
import { Service } from '../../model-assets/evaluate/service.ts';
import { textClassification } from '../../model-assets/evaluate/text-classification.ts';
import { zeroShotClassification } from '../../model-assets/evaluate/zero-shot-classification.ts';

let data: string;
let printed: string[];

beforeEach(async () => {
  data = join(await mkdtemp(join(tmpdir(), 'evaluate-')), 'data');
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await rm(dirname(data), { recursive: true });
});

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(data, path)), { recursive: true });
  await writeFile(join(data, path), content);
}

const writeRows = (name: string, rows: readonly object[]) =>
  write(`${name}.jsonl.gz`, gzipSync(rows.map((row) => JSON.stringify(row)).join('\n')));

/** A service whose tasks answer by functions; gives how many inputs each request had. */
function serve(answers: Record<string, (input: string, count: number) => unknown>): number[] {
  const counts: number[] = [];
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    const task = url.split('/v1/')[1] ?? '';
    const { inputs }: { inputs: string[] } = JSON.parse(body);
    const each = inputs.map((input) => answers[task]?.(input, inputs.length));
    if (task === 'tokenize') return Response.json({ tokens: each });
    counts.push(inputs.length);
    return Response.json(each);
  });
  return counts;
}

const service = () => new Service('http://service.example', 'one');

test.each(['[MASK]', '<mask>'])('fill-mask is asked with the %s of the model', async (mask) => {
  await writeRows('text/wikitext-2.dev', [{ text: 'the cat sat on the mat and the dog' }]);
  const vocab = { the: 0, cat: 1, dog: 2 };
  await write('../tokenizers/bert-base-uncased/tokenizer.json', JSON.stringify({ model: { vocab } }));
  const counts = serve({
    tokenize: (text) => (text === mask ? [mask] : Array.from(text)),
    'fill-mask': (text, count) => {
      expect(text.split(' ').filter((word) => word === mask)).toHaveLength(1);
      // Beside others it puts another word first where the last was taken out.
      return [{ token_str: count > 1 && text.endsWith(mask) ? 'dog' : ' The' }, { token_str: ' cat' }];
    },
  });
  await fillMask(service(), data, 1);
  expect(counts).toEqual([1, 1, 1, 1, 1, 5]);
  expect(printed).toEqual([
    'fill-mask            WikiText-2 dev  top-5 80.00 %  top-1 60.00 %  (5 places)',
    '  first answers that differ between one input a request and eight: 1',
    `  wrong: the cat sat on the mat and the ${mask} | said: the, cat | true: dog`,
  ]);
});

test('a model without a mask is refused by what it lacks', async () => {
  await writeRows('text/wikitext-2.dev', [{ text: 'the' }]);
  await write('../tokenizers/bert-base-uncased/tokenizer.json', '{"model": {"vocab": {"the": 0}}}');
  serve({ tokenize: (text) => Array.from(text) });
  await expect(fillMask(service(), data, 0)).rejects.toThrow('model one has no token [MASK] or <mask>');
});

test('feature-extraction is asked text by text, and says how far an embedding moves beside others', async () => {
  await writeRows('feature-extraction/stsb.dev', [
    { a: 'a', b: 'aa', score: 5 },
    { a: 'a', b: 'aaa', score: 3 },
    { a: 'a', b: 'aaaa', score: 1 },
  ]);
  const counts = serve({ 'feature-extraction': ({ length }, count) => [1, length - (count > 1 ? 0.25 : 0)] });
  await featureExtraction(service(), data);
  expect(counts).toEqual([1, 1, 1, 1, 1, 1, 6]);
  expect(printed).toEqual([
    'feature-extraction   STS-B dev  Spearman 100.00  (3 pairs)',
    '  greatest difference of a component between one input a request and eight: 0.25',
  ]);
});

test('what is wrong of text-classification is printed with what was said', async () => {
  await writeRows('text-classification/sst2.dev', [{ text: 'good', label: 'POSITIVE' }]);
  serve({ 'text-classification': () => [{ label: 'NEGATIVE' }] });
  await textClassification(service(), data, 1);
  expect(printed.at(-1)).toBe('  wrong: good | said: NEGATIVE | true: POSITIVE');
});

test('a classifier that does not tell what follows is refused, where it would be right of nothing', async () => {
  await writeRows('natural-language-inference/mnli-dev', [{ premise: 'a', hypothesis: 'b', label: 'neutral' }]);
  vi.stubGlobal('fetch', async (url: string) => {
    expect(url).toBe('http://service.example/v1/models/one');
    return Response.json({ id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' } });
  });
  await expect(zeroShotClassification(service(), data, 0)).rejects.toThrow(
    'model one tells negative, positive; it must tell entailment, neutral, contradiction',
  );
});

test('where the data is not there, the message says that it never ships', async () => {
  await expect(textClassification(service(), data, 0)).rejects.toThrow(
    /^there is no .*sst2\.dev\.jsonl\.gz; the data is not part of the project: --data <folder>/,
  );
});
