// Parts of files that several processes bring at the same time, or brought one after another.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { dropLeft, partOf } from '../../model-assets/part.ts';

let folder = '';
const nameBy = (pid: number, host = hostname()) => `model.onnx.part.${host}.${pid}`;
const ended = () => spawnSync('true').pid;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-'));
  return () => rm(folder, { recursive: true });
});

async function leave(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
  await writeFile(join(folder, `${name}.etag`), `"${text}"`);
}

test.each([
  ['another process', () => nameBy(process.ppid)],
  ['another machine', () => nameBy(ended(), 'another')],
])('what %s brings is its own', async (_, name) => {
  const theirs = name();
  await leave(theirs, 'theirs');
  const { path, tag } = await partOf(join(folder, 'model.onnx'));
  await dropLeft(join(folder, 'model.onnx'));
  expect((await readdir(folder)).sort()).toEqual([theirs, `${theirs}.etag`]);
  const own = join(folder, nameBy(process.pid));
  expect([path, tag]).toEqual([own, `${own}.etag`]);
});

test('what those left that have ended is taken over: of several the longest, with its tag', async () => {
  for (const text of ['some', 'more of it', 'less']) await leave(nameBy(ended()), text);
  const { path, tag } = await partOf(join(folder, 'model.onnx'));
  expect([await readFile(path, 'utf8'), await readFile(tag, 'utf8')]).toEqual(['more of it', '"more of it"']);
  expect(await readdir(folder)).toHaveLength(2);
});

test('what comes without a tag is not taken for a part of what another has the tag of', async () => {
  await leave(nameBy(ended()), 'some');
  await writeFile(join(folder, nameBy(ended())), 'more of it');
  const { path, tag } = await partOf(join(folder, 'model.onnx'));
  expect(await readFile(path, 'utf8')).toBe('more of it');
  await expect(readFile(tag)).rejects.toThrow('ENOENT');
});

test('once the file is there, nothing stays of what others left', async () => {
  await leave(nameBy(ended()), 'some');
  await dropLeft(join(folder, 'model.onnx'));
  expect(await readdir(folder)).toEqual([]);
});

test('in a folder that is not there yet, there is none', async () => {
  const { path } = await partOf(join(folder, 'onnx', 'model.onnx'));
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});
