// Reads a request's JSON within a bound of bytes, whether or not the client says how many it sends.

import { ServiceError } from '../errors.ts';

/** The parsed body. Throws `unsupported_media_type`, `too_large`, `malformed_json`. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    throw new ServiceError('unsupported_media_type', `content-type is ${type ?? 'missing'}; send application/json`);
  }
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
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
  let bytes = 0;
  // A declared length may be a lie or absent: what counts is what arrives.
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    text += decode(() => decoder.decode(chunk, { stream: true }));
  }
  return text + decode(() => decoder.decode());
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
