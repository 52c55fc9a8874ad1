// A repository of the Hub at one commit: its files, their sizes and their hashes.

import * as z from 'zod/mini';
import { reasonOf } from '../reason.ts';
import { persistently, Transient } from '../transient.ts';
import { isWithin } from '../within.ts';
import { ask, type Hub } from './hub.ts';

/** What a file must hash to: of large ones the sha256, of others git's name of the blob. */
export interface FileHash {
  readonly algorithm: 'sha256' | 'git';
  readonly hex: string;
}

export interface HubFile {
  readonly path: string;
  /** Undefined where the list of files does not say; then the file's own answer does. */
  readonly size: number | undefined;
  readonly hash: FileHash | undefined;
}

export interface Repository {
  readonly id: string;
  /** Forty hexadecimal digits: what the files are taken from, whatever becomes of the branch. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const info = z.object({
  id: z.optional(z.string()),
  sha: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.nullish(z.int()),
      blobId: z.nullish(z.string()),
      lfs: z.nullish(
        z.object({ sha256: z.optional(z.string()), oid: z.optional(z.string()), size: z.nullish(z.int()) }),
      ),
    }),
  ),
});

/** `owner/name`, or a name alone, as older ones have. */
export const REPOSITORY = /^[\w.-]+(\/[\w.-]+)?$/;

/** `revision`: a branch, a tag or a commit. Throws where the Hub has none, does not give it, or lists a file outside it. */
export async function openRepository(hub: Hub, id: string, revision: string): Promise<Repository> {
  const what = `${id} at ${revision}`;
  const path = `/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await persistently(async () => {
    const signal = AbortSignal.timeout(hub.slowest.milliseconds);
    const { response } = await ask(hub, path, what, { signal });
    return response.text().catch((cause: unknown) => {
      throw new Transient(`${what}: the connection broke (${reasonOf(cause)})`, { cause });
    });
  }, hub.patience);
  const json = parseJson(text);
  const parsed = info.safeParse(json);
  if (!parsed.success) throw new Error(`${what}: ${hub.endpoint} answers as no Hub does; HF_ENDPOINT must be one`);
  const { sha, siblings } = parsed.data;
  const stray = siblings.find(({ rfilename }) => !isWithin(rfilename));
  if (stray)
    throw new Error(`${what}: ${hub.endpoint} lists ${JSON.stringify(stray.rfilename)}, which would lie outside it`);
  const files = siblings.map(({ rfilename, size, blobId, lfs }): HubFile => {
    const sha256 = lfs?.sha256 ?? lfs?.oid;
    return {
      path: rfilename,
      size: lfs?.size ?? size ?? undefined,
      hash: hashOf(sha256) ?? hashOf(blobId ?? undefined),
    };
  });
  return { id: parsed.data.id ?? id, commit: sha, files };
}

/** Undefined for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of an entity tag or an object id; undefined for what is neither. */
export function hashOf(text: string | undefined): FileHash | undefined {
  const hex = text
    ?.replace(/^W\//, '')
    .replaceAll('"', '')
    .replace(/^sha256:/, '');
  if (hex !== undefined && /^[0-9a-f]{64}$/.test(hex)) return { algorithm: 'sha256', hex };
  if (hex !== undefined && /^[0-9a-f]{40}$/.test(hex)) return { algorithm: 'git', hex };
  return undefined;
}
