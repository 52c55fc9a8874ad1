// Files of the Hub over a network that fails: what arrives is what the Hub states, and what has arrived is not asked for again.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { download } from '../../model-assets/hub/download.ts';
import type { Hub } from '../../model-assets/hub/hub.ts';
import { openRepository } from '../../model-assets/hub/repository.ts';
import { COMMIT, HubServer } from './servers/hub-server.ts';

const LARGE = 'onnx/model.onnx';
const SMALL = 'config.json';
const bytes = randomBytes(300_000);
let server: HubServer;
let folder = '';
let reported = 0;

beforeEach(async () => {
  const files = new Map([
    [LARGE, bytes],
    [SMALL, Buffer.from('{"model_type": "bert"}')],
  ]);
  server = await new HubServer('owner/name', files).start();
  folder = await mkdtemp(join(tmpdir(), 'download-'));
  reported = 0;
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function fetchFile(path = LARGE, hub: Hub = server.hub()): Promise<Buffer> {
  const repository = await openRepository(hub, 'owner/name', 'main');
  const file = repository.files.find((each) => each.path === path) ?? expect.fail(`no ${path}`);
  await download(hub, repository, file, join(folder, path), (count) => {
    reported += count;
  });
  return readFile(join(folder, path));
}

/** Where this process keeps what has arrived. */
const part = () => join(folder, `${LARGE}.part.${hostname()}.${process.pid}`);
const left = () => readdir(join(folder, 'onnx')).catch(() => []);
const atStorage = () => server.requests('storage', LARGE);
/** Only where the bytes are, and only so often. */
const times = (count: number, fault: ReturnType<HubServer['fault']>) => {
  let left = count;
  server.fault = ({ at }) => (at === 'storage' && left-- > 0 ? fault : undefined);
};

test('a large file, from the storage, and a small one, from the Hub', async () => {
  expect(await fetchFile()).toEqual(bytes);
  expect(reported).toBe(bytes.byteLength);
  expect(await fetchFile(SMALL)).toEqual(server.files.get(SMALL));
  expect(await left()).toEqual(['model.onnx']);
});

test('a file that is there is not asked for again; one that is there as another is', async () => {
  await fetchFile();
  const before = server.seen.length;
  expect(await fetchFile()).toEqual(bytes);
  // The list of files alone.
  expect(server.seen.length).toBe(before + 1);
  await writeFile(join(folder, LARGE), randomBytes(bytes.byteLength));
  expect(await fetchFile()).toEqual(bytes);
});

test('every request is for the commit, whatever the branch becomes', async () => {
  await fetchFile();
  expect(server.requests('hub', 'resolve').map(({ path }) => path)).toEqual([`/owner/name/resolve/${COMMIT}/${LARGE}`]);
});

test('the token goes to the Hub, and not to the storage', async () => {
  await fetchFile(LARGE, server.hub({ token: 'hf_secret' }));
  for (const { at, headers } of server.seen) {
    expect(headers.authorization).toBe(at === 'hub' ? 'Bearer hf_secret' : undefined);
  }
});

test('a list without sizes and hashes: those that come with the file do', async () => {
  server.isListWhole = false;
  expect(await fetchFile()).toEqual(bytes);
  expect(await fetchFile(SMALL)).toEqual(server.files.get(SMALL));
});

describe('the connection is cut', () => {
  test.each([0, 1, 4095, 65_536, 299_999])('at byte %i: the rest is asked for', async (cutAt) => {
    times(1, { cutAt });
    expect(await fetchFile()).toEqual(bytes);
    const [, second] = atStorage();
    expect(second?.headers.range).toBe(cutAt === 0 ? undefined : `bytes=${cutAt}-`);
    expect(reported).toBe(bytes.byteLength);
    expect(await left()).toEqual(['model.onnx']);
  });

  test('at every tenth of the file, oftener than it may fail without getting further', async () => {
    times(9, { cutAt: 66_000 });
    expect(await fetchFile()).toEqual(bytes);
    expect(atStorage().length).toBe(5);
  });

  test('always at the same byte: it is given up, and what has arrived stays', async () => {
    server.fault = ({ at, headers }) => (at === 'storage' ? { cutAt: headers.range ? 0 : 70_000 } : undefined);
    await expect(fetchFile()).rejects.toThrow(/the connection broke .*; given up after 4 attempts/);
    expect((await left()).sort()).toEqual([basename(part()), `${basename(part())}.etag`]);
    server.fault = () => undefined;
    expect(await fetchFile()).toEqual(bytes);
    expect(atStorage().at(-1)?.headers.range).toBe('bytes=70000-');
  });

  test('without a length that tells: it is told by the size that the Hub states', async () => {
    times(1, { endAt: 1000 });
    expect(await fetchFile()).toEqual(bytes);
    expect(atStorage()[1]?.headers.range).toBe('bytes=1000-');
  });
});

describe('hashes', () => {
  test('a large file that is another is refused, after a second attempt, and nothing of it stays', async () => {
    const other = Buffer.from(bytes);
    other[1234] = (other[1234] ?? 0) ^ 1;
    server.stored.set(LARGE, other);
    await expect(fetchFile()).rejects.toThrow(
      /sha256 is [0-9a-f]{64} where the Hub states [0-9a-f]{64}; nothing of it is kept/,
    );
    expect(atStorage()).toHaveLength(2);
    expect(await left()).toEqual([]);
  });

  test('a small one by the hash that git gives it', async () => {
    const right = server.files.get(SMALL) ?? expect.fail('no file');
    const repository = await openRepository(server.hub(), 'owner/name', 'main');
    const file = repository.files.find(({ path }) => path === SMALL) ?? expect.fail('no file');
    server.files.set(SMALL, Buffer.from(right.toString().replace('bert', 'beit')));
    const tried = download(server.hub(), repository, file, join(folder, SMALL), () => undefined);
    await expect(tried).rejects.toThrow(/states the hash [0-9a-f]{40} in its list and [0-9a-f]{40} with the file/);
  });
});

describe('the file changes between two requests', () => {
  test('and comes whole then: it is not what the Hub states, and no mixture of both is kept', async () => {
    let isFirst = true;
    server.fault = ({ at }) => {
      if (at !== 'storage' || !isFirst) return undefined;
      isFirst = false;
      // The first half is of one file, and the rest would be of another.
      setTimeout(() => server.stored.set(LARGE, randomBytes(bytes.byteLength)), 10);
      return { cutAt: 150_000 };
    };
    await expect(fetchFile()).rejects.toThrow('where the Hub states');
    expect(atStorage()[1]?.headers['if-range']).toBeDefined();
    expect(await left()).toEqual([]);
  });

  test('and back again: what is stated is what is kept', async () => {
    server.stored.set(LARGE, randomBytes(bytes.byteLength));
    let isFirst = true;
    server.fault = ({ at }) => {
      if (at !== 'storage' || !isFirst) return undefined;
      isFirst = false;
      setTimeout(() => server.stored.delete(LARGE), 10);
      return { cutAt: 150_000 };
    };
    expect(await fetchFile()).toEqual(bytes);
  });

  test('a part that is longer than the file', async () => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), randomBytes(bytes.byteLength + 5));
    await writeFile(`${part()}.etag`, '"old"');
    server.fault = ({ at, headers }) => (at === 'storage' && headers.range ? { status: 416 } : undefined);
    expect(await fetchFile()).toEqual(bytes);
  });
});

test.each(['onnx/model.onnx_data/../../../out', '/etc/out', '..'])('a list that names %s', async (path) => {
  server.files.set(path, Buffer.from('x'));
  await expect(fetchFile()).rejects.toThrow(`lists ${JSON.stringify(path)}, which would lie outside it`);
});

describe('the Hub refuses', () => {
  const refused = (status: number, headers: Record<string, string> = {}) => {
    server.fault = ({ at, path }) => (at === 'hub' && path.startsWith('/api/') ? { status, headers } : undefined);
    return (token?: string) => expect(fetchFile(LARGE, server.hub({ token }))).rejects;
  };

  test('401 without a token and with one', async () => {
    const tried = refused(401, { 'x-error-code': 'RepoNotFound' });
    await tried().toThrow(
      '401 RepoNotFound (there is none of this name, or it is private: HF_TOKEN then gives a token',
    );
    await tried('hf_x').toThrow('or the token in HF_TOKEN may not read it');
  });

  test('403, gated', async () => {
    const tried = refused(403, { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access is restricted' });
    await tried().toThrow('403 GatedRepo, Access is restricted (it is gated: ask for access on its page');
  });

  test('404: the repository, the revision', async () => {
    await refused(404)().toThrow('there is none of this name');
    server.fault = () => undefined;
    await expect(openRepository(server.hub(), 'owner/name', 'v9')).rejects.toThrow(
      'owner/name at v9: the Hub answers 404 RevisionNotFound (it has no such branch, tag or commit',
    );
  });

  test('what is no Hub', async () => {
    await expect(openRepository(server.hub({ endpoint: `${server.storage}` }), 'a/b', 'main')).rejects.toThrow('404');
    await expect(openRepository(server.hub({ endpoint: 'http://127.0.0.1:9' }), 'a/b', 'main')).rejects.toThrow(
      '127.0.0.1:9 does not answer',
    );
  });

  test.each([
    [429, { 'retry-after': '1' }],
    [429, { 'retry-after': new Date(Date.now() + 86_400_000).toUTCString() }],
    [500, {}],
    [503, {}],
  ])('%i %j', async (status, headers) => {
    const start = performance.now();
    let left = 2;
    server.fault = ({ at }) => (at === 'storage' && left-- > 0 ? { status, headers } : undefined);
    if ('retry-after' in headers && headers['retry-after'].length > 1) {
      return expect(fetchFile()).rejects.toThrow(/it asks to wait \d{5} s, so try again then/);
    }
    expect(await fetchFile()).toEqual(bytes);
    if (status === 429) expect(performance.now() - start).toBeGreaterThan(1990);
    expect(atStorage()).toHaveLength(3);
  });

  test('for ever: given up, with what it said', async () => {
    server.fault = ({ at }) => (at === 'storage' ? { status: 500 } : undefined);
    await expect(fetchFile()).rejects.toThrow('the Hub answers 500; given up after 4 attempts');
  });

  test('by sending round in a circle', async () => {
    server.fault = ({ at }) =>
      at === 'storage'
        ? { status: 302, headers: { location: `${server.endpoint}/owner/name/resolve/${COMMIT}/${LARGE}` } }
        : undefined;
    await expect(fetchFile()).rejects.toThrow('the Hub sends round in a circle (');
    expect(server.seen.length).toBeLessThan(6);
  });

  test('by sending on and on', async () => {
    let count = 0;
    server.fault = ({ at }) =>
      at === 'storage' ? { status: 302, headers: { location: `${server.storage}/storage/${count++}` } } : undefined;
    await expect(fetchFile()).rejects.toThrow('in a circle');
    expect(server.seen.length).toBeLessThan(15);
  });
});

describe('slow', () => {
  test('a drip that goes on is waited for', async () => {
    times(1, { drip: [30_000, 100] });
    expect(await fetchFile()).toEqual(bytes);
    expect(atStorage()).toHaveLength(1);
  });

  test('a drip that would take for ever is left, and the rest asked for anew', async () => {
    times(1, { drip: [100, 100] });
    expect(await fetchFile(LARGE, server.hub({ slowest: { bytes: 10_000, milliseconds: 500 } }))).toEqual(bytes);
    expect(Number(/\d+/.exec(atStorage()[1]?.headers.range ?? '')?.[0])).toBeGreaterThan(0);
  });

  test('a server that says nothing at all', async () => {
    times(9, { drip: [0, 60_000] });
    const hub = server.hub({ slowest: { bytes: 1000, milliseconds: 200 } });
    await expect(fetchFile(LARGE, hub)).rejects.toThrow(
      'less than 1000 bytes came in 0.2 s; given up after 4 attempts',
    );
  });
});

describe.skipIf(process.platform !== 'linux')('the disk is full', () => {
  test('it is said, and once there is room the next run goes on', async () => {
    await mkdir(dirname(part()), { recursive: true });
    // Every write to it fails as one to a full disk does.
    await symlink('/dev/full', part());
    await expect(fetchFile()).rejects.toThrow('ENOSPC');
    await rm(part());
    expect(await fetchFile()).toEqual(bytes);
  });
});
