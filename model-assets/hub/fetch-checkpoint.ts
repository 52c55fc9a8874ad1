// Brings what a checkpoint is made of from the Hub into a folder: the files beside the graphs, then the graphs of one type of weights,
// then what these keep outside.

import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { rewrites } from '../config.ts';
import { graphFiles } from '../graphs.ts';
import { chooseLayout, type Dtype, type Layout, textsIn } from '../layout.ts';
import { partOf, sizeOf } from '../part.ts';
import { download } from './download.ts';
import type { Hub } from './hub.ts';
import type { HubFile, Repository } from './repository.ts';

/** Files that come at once. */
const AT_ONCE = 4;
const NEEDED = ['config.json', 'tokenizer.json'];

export interface Listener {
  /** Of what is to come, as far as the Hub's list says; more may be told of later. */
  onStart(bytes: number): void;
  onBytes(bytes: number): void;
}

/** The files that say what a checkpoint is. Throws where the repository lacks one that is needed. */
export async function fetchTexts(hub: Hub, repository: Repository, folder: string, listener: Listener): Promise<void> {
  const paths = repository.files.map(({ path }) => path);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0) {
    const fast = missing.includes('tokenizer.json')
      ? '; AutoTokenizer.from_pretrained(…).save_pretrained(…) of transformers writes tokenizer.json'
      : '';
    throw new Error(`${repository.id} has no ${missing.join(' and no ')}${fast}`);
  }
  await fetchAll(hub, repository, textsIn(paths), folder, listener);
}

/** Which graphs are taken. */
export function layoutOf(repository: Repository, task: string, dtype: Dtype | undefined): Layout {
  return chooseLayout(
    repository.files.map(({ path }) => path),
    { dtype, rewrites: rewrites(task) },
  );
}

/** The files of a layout, as far as they can be told without the graphs. */
export function filesOf(repository: Repository, { graphs }: Layout): readonly HubFile[] {
  const isPart = (path: string) =>
    graphs.some(
      (graph) => path === graph.path || path.startsWith(`${graph.path}_data`) || path.startsWith(`${graph.path}.data`),
    );
  return repository.files.filter(({ path }) => isPart(path));
}

export async function fetchGraphs(
  hub: Hub,
  repository: Repository,
  layout: Layout,
  folder: string,
  listener: Listener,
): Promise<void> {
  const paths = repository.files.map(({ path }) => path);
  const known = filesOf(repository, layout).map(({ path }) => path);
  await fetchAll(hub, repository, known, folder, listener);
  const graphs = await Promise.all(layout.graphs.map((graph) => graphFiles(folder, graph, paths)));
  const weights = graphs.flatMap((graph) => graph.weights.map(({ path }) => path));
  await fetchAll(
    hub,
    repository,
    weights.filter((path) => !known.includes(path)),
    folder,
    listener,
  );
}

async function fetchAll(
  hub: Hub,
  repository: Repository,
  paths: readonly string[],
  folder: string,
  { onStart, onBytes }: Listener,
): Promise<void> {
  const files = repository.files.filter(({ path }) => paths.includes(path));
  const total = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  onStart(total);
  await checkSpace(files, folder);
  const limit = pLimit(AT_ONCE);
  try {
    await Promise.all(
      files.map((file) => limit(() => download(hub, repository, file, join(folder, file.path), onBytes))),
    );
  } catch (error) {
    limit.clearQueue();
    throw error;
  }
}

/** Throws where the disk has less room than is still to come: half a download helps nobody. */
async function checkSpace(files: readonly HubFile[], folder: string): Promise<void> {
  let needed = 0;
  for (const { path, size = 0 } of files) {
    const target = join(folder, path);
    needed += Math.max(0, size - ((await sizeOf(target)) ?? (await sizeOf((await partOf(target)).path)) ?? 0));
  }
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  const [most, free] = [needed, bavail * bsize].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
  throw new Error(`${folder} has ${free} free, and ${most} are to come; EDGE_PIPELINES_CACHE names another folder`);
}
