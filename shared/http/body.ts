// Reads a request's JSON within a bound of bytes, whether or not the client says how many it sends.

import { ServiceError } from '../errors.ts';

/** The parsed body. Throws `unsupported_media_type`, `too_large`, `malformed_json`. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    throw new ServiceError('unsupported_media_type', `content-type is ${type ?? 'missing'}; send application/json`);
  }
  const text = await readText(request, maxBytes);
  if (text.trim() === '') {
    throw new ServiceError('malformed_json', 'the body is empty; send a JSON object such as {"inputs": "I love it"}');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('malformed_json', `the body is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  for await (const chunk of boundedChunks(request, maxBytes))
    text += decode(() => decoder.decode(chunk, { stream: true }));
  return text + decode(() => decoder.decode());
}

/** The body to the last byte, as it was signed. Throws `too_large`, `malformed_json` where it breaks off. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of boundedChunks(request, maxBytes)) chunks.push(chunk);
  const body = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

/** A declared length may be a lie or absent: what counts is what arrives. */
async function* boundedChunks(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** The body as it arrives. A client that leaves half-way is no failure of the isolate. */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (!body) return;
  try {
    yield* body;
  } catch (cause) {
    throw new ServiceError('malformed_json', 'the body broke off before its end; send it whole', { cause });
  }
}

function decode(run: () => string): string {
  try {
    return run();
  } catch {
    throw new ServiceError('malformed_json', 'the body is not UTF-8; encode the JSON as UTF-8');
  }
}

const tooLarge = (maxBytes: number) =>
  new ServiceError(
    'too_large',
    `the body has more than ${maxBytes} bytes, which is what one request may have; send it in parts`,
  );
