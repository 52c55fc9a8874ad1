// A blob that is read as its bytes come: who is to blame when it goes wrong.

import { expect, test } from 'vitest';
import { ServiceError } from '../../shared/errors.ts';
import { type Chunks, verified } from '../../shared/model/blob-stream.ts';

const BYTES = crypto.getRandomValues(new Uint8Array(5000));

async function ref(bytes = BYTES) {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return {
    sha256: Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    bytes: bytes.byteLength,
  };
}

function body(bytes: Uint8Array, failure?: Error): ReadableStream {
  let isSent = false;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (!isSent) controller.enqueue(bytes.slice());
      else if (failure) controller.error(failure);
      else {
        controller.close();
        // A request for bytes is still open, and is answered with none.
        controller.byobRequest?.respond(0);
      }
      isSent = true;
    },
  });
}

async function collect(chunks: Chunks): Promise<number[]> {
  const all: number[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

const refuse = (error: Error) => async (chunks: Chunks) => {
  for await (const _ of chunks) throw error;
};

test('the right bytes', async () => {
  expect(await verified(body(BYTES), await ref(), collect)).toEqual({ value: Array.from(BYTES) });
});

test.each([
  ['cut', BYTES.subarray(0, 3000), /has 3000 bytes where its manifest says 5000/],
  ['altered', BYTES.with(17, (BYTES[17] ?? 0) ^ 1), /was altered/],
])('%s bytes are a fault, also where the reader has failed on them', async (_, bytes, fault) => {
  expect(await verified(body(bytes), await ref(), collect)).toMatchObject({ fault: expect.stringMatching(fault) });
  const failing = refuse(new ServiceError('model_unavailable', 'it is no program'));
  expect(await verified(body(bytes), await ref(), failing)).toMatchObject({ fault: expect.stringMatching(fault) });
});

test('of right bytes, what the reader refuses is told as it is', async () => {
  const error = new ServiceError('overloaded', 'no room');
  await expect(verified(body(BYTES), await ref(), refuse(error))).rejects.toBe(error);
});

test('a body that breaks off says nothing of the blob', async () => {
  const error = new Error('the connection is lost');
  await expect(verified(body(BYTES.subarray(0, 3000), error), await ref(), collect)).rejects.toThrow(
    'the connection is lost',
  );
});
