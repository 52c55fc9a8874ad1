// One HTTP request by Node's own client. A body goes out as the bytes that there are, where fetch copies it or wants it in pieces of their
// own: half the CPU time, and no garbage of a body's size.

import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Content, chunksOf } from './content.ts';

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content | undefined;
  readonly signal?: AbortSignal;
  /** False where a connection is not to be used again. */
  readonly agent?: false;
}

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export class Answer {
  readonly status: number;
  readonly headers: Headers;
  /** To be read once. */
  readonly body: Bytes;

  constructor(status: number, headers: Headers, body: Bytes) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** The rest of the body. */
  async bytes(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString();
  }

  /** Of success. */
  get isOk(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Ends what nobody wants to read, and the connection with it. */
  async abandon(): Promise<void> {
    for await (const _ of this.body) break;
  }
}

/** Throws where no answer comes. The length of a body must be among the headers: S3 takes none in chunks. */
export async function exchange(url: URL, { body, ...options }: Exchange): Promise<Answer> {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = open(url, options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // A connection may break more than once.
    request.on('error', reject);
  });
  send(request, body).catch((cause: Error) => request.destroy(cause));
  const message = await answered;
  return new Answer(message.statusCode ?? 0, headersOf(message), message);
}

async function send(request: ClientRequest, body: Content | undefined): Promise<void> {
  // A chunk of a file is whole until the next is asked for.
  if (body) for await (const chunk of chunksOf(body)) await written(request, chunk);
  request.end();
}

function written(request: ClientRequest, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('the connection was closed'));
    request.once('close', onClose);
    request.write(chunk, (error) => {
      request.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const entries = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return new Headers(entries);
}
