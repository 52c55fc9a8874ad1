// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): each event is `data:` and one line of JSON,
// and `data:[DONE]` ends.
//
// Nothing waits for the reader. A whole answer is small, so a reader that stalls costs its text and not an open model.

import { toErrorBody } from './errors.ts';

export const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

interface Options {
  readonly requestId: string;
  /** Called once, when the last event is written or the reader has gone. */
  onEnd(): void;
  /** Aborted here when the reader goes away. */
  readonly reader: AbortController;
  /** Of the request and its reader. */
  readonly signal: AbortSignal;
  /** Lets what happens after the answer has begun come to its end. */
  waitUntil(promise: Promise<void>): void;
}

/**
 * The body that carries the events. The first of them is waited for, so that what is wrong with a request is an ordinary error;
 * an error after it is an event.
 */
export async function streamEvents(
  events: AsyncIterable<unknown>,
  { requestId, onEnd, reader, signal, waitUntil }: Options,
): Promise<ReadableStream<Uint8Array>> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      waitUntil(write(controller).finally(onEnd));
    },
    cancel: () => reader.abort(),
  });

  async function write(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const put = (data: string) => controller.enqueue(utf8.encode(`data:${data}\n\n`));
    try {
      for (let next = first; !next.done; next = await iterator.next()) put(JSON.stringify(next.value));
      put('[DONE]');
    } catch (error) {
      // Where it was the writing that failed, the text is still to be ended.
      await iterator.return?.().catch(() => undefined);
      // Whoever has left is told nothing; a body that was cancelled is closed already.
      if (reader.signal.aborted) return;
      if (!signal.aborted) put(JSON.stringify(toErrorBody(error, requestId)));
    }
    controller.close();
  }

  return body;
}

const utf8 = new TextEncoder();
