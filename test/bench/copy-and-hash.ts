// What `npm run models` is measured against, as a process of its own that says in the end how many milliseconds it worked, its start not
// counted. It speaks HTTP as the tool does, and takes the same bytes; nothing is looked into, and nothing else is done.
//
//   copy  every file is fetched, written to the disk and hashed as it comes, and then put into the bucket, signed, from the disk; last the
//         engine's program, which is not fetched: it is read, hashed and put
//   read  every blob of the bucket is fetched, signed, and hashed as it comes, one after the other

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import type { Account } from '../../model-assets/bucket/remote.ts';
import { type Content, inFile, sha256Of } from '../../model-assets/content.ts';
import { exchange } from '../../model-assets/exchange.ts';

/** Hash of no body. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

interface Job {
  readonly kind: 'copy' | 'read';
  readonly account: Account;
  /** Of the files, or of the blobs. */
  readonly urls: readonly string[];
  readonly folder: string;
  readonly program: string;
}

const job: Job = JSON.parse(process.argv[2] ?? '');
const { accessKeyId, secretAccessKey, endpoint, bucket } = job.account;
const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 0 });

const start = performance.now();
if (job.kind === 'copy') await copy();
else for (const url of job.urls) await read(url);
console.log(performance.now() - start);

async function copy(): Promise<void> {
  for (const url of job.urls) {
    const path = join(job.folder, basename(url));
    const sha256 = await fetchTo(path, url);
    await put(sha256, await inFile(path));
  }
  const program = await inFile(job.program);
  await put(await sha256Of(program), program);
}

async function fetchTo(path: string, url: string): Promise<string> {
  const hash = createHash('sha256');
  const file = createWriteStream(path);
  const { body } = await exchange(new URL(url), { method: 'GET', headers: {} });
  for await (const chunk of body) {
    hash.update(chunk);
    if (!file.write(chunk)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return hash.digest('hex');
}

async function put(sha256: string, content: Content): Promise<void> {
  const url = `${endpoint}/${bucket}/blobs/${sha256}`;
  const headers = { ...(await signed('PUT', url, sha256)), 'content-length': String(content.size) };
  const answer = await exchange(new URL(url), { method: 'PUT', headers, body: content });
  await answer.bytes();
  if (!answer.isOk) throw new Error(`${url}: ${answer.status}`);
}

async function read(url: string): Promise<void> {
  const hash = createHash('sha256');
  const { body } = await exchange(new URL(url), { method: 'GET', headers: await signed('GET', url, EMPTY) });
  for await (const chunk of body) hash.update(chunk);
  if (!url.endsWith(hash.digest('hex'))) throw new Error(`${url} is another`);
}

async function signed(method: string, url: string, sha256: string): Promise<Record<string, string>> {
  const { headers } = await client.sign(url, { method, headers: { 'x-amz-content-sha256': sha256 } });
  return Object.fromEntries(headers);
}
