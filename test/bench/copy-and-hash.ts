// What `npm run models -- add` is measured against, as a process of its own: every file is fetched, written and hashed, and then put into a
// bucket, signed. Nothing is looked into, and nothing else is done.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AwsClient } from 'aws4fetch';

const [from = '', to = '', accessKeyId = '', secretAccessKey = '', folder = '', ...paths] = process.argv.slice(2);
const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto', retries: 0 });

// The last is the program, which is not fetched but made: here it is there.
for (const path of paths) {
  const file = path.startsWith('/') ? path : join(folder, path.replaceAll('/', '-'));
  const sha256 = path.startsWith('/') ? await hashOf(path) : await fetchFile(`${from}/${path}`, file);
  const { size } = await stat(file);
  const response = await client.fetch(`${to}/blobs/${sha256}`, {
    method: 'PUT',
    headers: { 'x-amz-content-sha256': sha256, 'content-length': String(size) },
    body: await readFile(file),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
}

async function fetchFile(url: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const { body } = await fetch(url);
  await pipeline(Readable.fromWeb(body as ReadableStream), hashing, createWriteStream(file));
  return hash.digest('hex');
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
