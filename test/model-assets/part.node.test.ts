// Parts of files that several processes bring at the same time, or brought one after another.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { partOf } from '../../model-assets/hub/part.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-'));
  return () => rm(folder, { recursive: true });
});

async function leave(pid: number, text: string): Promise<void> {
  await writeFile(join(folder, `model.onnx.part.${pid}`), text);
  await writeFile(join(folder, `model.onnx.part.${pid}.etag`), `"${text}"`);
}

test('what another process brings is its own', async () => {
  await leave(process.ppid, 'theirs');
  const { path, tag } = await partOf(join(folder, 'model.onnx'));
  expect((await readdir(folder)).sort()).toEqual([
    `model.onnx.part.${process.ppid}`,
    `model.onnx.part.${process.ppid}.etag`,
  ]);
  expect([path, tag]).toEqual([
    join(folder, `model.onnx.part.${process.pid}`),
    join(folder, `model.onnx.part.${process.pid}.etag`),
  ]);
});

test('what those left that have ended is taken over: of several the longest, with its tag', async () => {
  for (const text of ['some', 'more of it', 'less']) await leave(spawnSync('true').pid, text);
  const { path, tag } = await partOf(join(folder, 'model.onnx'));
  expect([await readFile(path, 'utf8'), await readFile(tag, 'utf8')]).toEqual(['more of it', '"more of it"']);
  expect(await readdir(folder)).toHaveLength(2);
});

test('in a folder that is not there yet, there is none', async () => {
  const { path } = await partOf(join(folder, 'onnx', 'model.onnx'));
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});
