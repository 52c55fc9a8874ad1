// Where a checkpoint is: a folder, or a repository of the Hub that is brought into one.

import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Manifest } from '../../shared/model/manifest.ts';
import { type Choices, readTexts, type Texts } from '../checkpoint.ts';
import { fetchGraphs, fetchTexts, filesOf, layoutOf } from '../hub/fetch-checkpoint.ts';
import { hubOf } from '../hub/hub.ts';
import { openRepository, REPOSITORY, type Repository } from '../hub/repository.ts';
import type { Dtype } from '../layout.ts';
import { Progress } from './progress.ts';
import { megabytes } from './sizes.ts';

export interface Located {
  readonly folder: string;
  readonly name: string;
  readonly dtype: Dtype | undefined;
  readonly source: Manifest['source'];
  readonly texts: Texts;
  /** Of files that were hashed as they came. */
  readonly sha256?: ReadonlyMap<string, string>;
}

interface Wanted extends Choices {
  readonly revision: string | undefined;
  readonly cache: string;
  readonly isDryRun: boolean;
}

/** Undefined for a repository of which no more than a plan is wanted; that is told here. */
export async function locate(where: string, wanted: Wanted): Promise<Located | undefined> {
  const found = await stat(where).catch(() => undefined);
  if (found?.isDirectory()) {
    if (wanted.revision !== undefined) throw new Error(`${where} is a folder, which has no revisions`);
    const texts = await readTexts(where, wanted.task);
    return { folder: where, name: basename(resolve(where)), dtype: wanted.dtype, source: null, texts };
  }
  if (found) throw new Error(`${where} is a file; a checkpoint is a folder, or owner/name on the Hub`);
  if (!REPOSITORY.test(where) || /^\.+(\/|$)/.test(where)) {
    throw new Error(`there is no folder ${where}, and on the Hub names are owner/name`);
  }
  return fromHub(where, wanted);
}

async function fromHub(id: string, wanted: Wanted): Promise<Located | undefined> {
  const hub = hubOf(process.env);
  const repository = await openRepository(hub, id, wanted.revision ?? 'main');
  const folder = join(wanted.cache, 'hub', id.replace('/', '--'), repository.commit);
  await mkdir(folder, { recursive: true });
  const progress = new Progress(id);
  let total = 0;
  const listener = {
    onStart(bytes: number) {
      total += bytes;
      progress.grow(bytes);
    },
    onBytes: (bytes: number) => progress.add(bytes),
  };
  try {
    await fetchTexts(hub, repository, folder, listener);
    // What these files tell against it is told before the graphs are downloaded.
    const texts = await readTexts(folder, wanted.task);
    const layout = layoutOf(repository, texts.task, wanted.dtype);
    if (wanted.isDryRun) {
      progress.end();
      const graphs = filesOf(repository, layout);
      const bytes = graphs.reduce((sum, { size }) => sum + (size ?? 0), 0);
      console.log(`${id} at ${repository.commit}: ${texts.task}, ${layout.dtype}`);
      for (const { path, size } of graphs) console.log(`  ${size === undefined ? '?' : megabytes(size)}  ${path}`);
      console.log(`${megabytes(bytes)} would be downloaded, then checked, and published with what is made of it`);
      return undefined;
    }
    await fetchGraphs(hub, repository, layout, folder, listener);
    progress.end();
    console.log(`${id} at ${repository.commit}: ${megabytes(total)}, hashes as the Hub states them`);
    const source = { repository: id, commit: repository.commit };
    return { folder, name: id, dtype: layout.dtype, source, texts, sha256: sha256In(repository) };
  } finally {
    progress.end();
  }
}

/** What the Hub's list states, which is what was downloaded. */
const sha256In = ({ files }: Repository): ReadonlyMap<string, string> =>
  new Map(files.flatMap(({ path, hash }) => (hash?.algorithm === 'sha256' ? [[path, hash.hex] as const] : [])));
