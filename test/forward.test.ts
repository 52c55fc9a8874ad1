// What runs between a task and a model: outputs are read row by row, and others have their turn.

import { expect, test, vi } from 'vitest';
import { forward, forwardEncoded } from '../shared/forward.ts';
import { parseSettings } from '../shared/http/settings.ts';
import { Meter } from '../shared/meter.ts';
import type { Model } from '../shared/model/open-model.ts';
import type { Feeds } from '../shared/runtime/session.ts';
import type { Context } from '../shared/task.ts';
import type { Encoding } from '../shared/tokenizer/encoding.ts';
import { isolate } from './http/worker.ts';

/** A model that answers with the ids it is given, and tells when it runs. */
function echo(ran: (length: number) => void): Model {
  const run = async ({ input_ids: ids }: Feeds) => {
    const data = Float32Array.from((ids?.data ?? []) as BigInt64Array, Number);
    ran(data.length);
    return { logits: { data, dims: [1, data.length] } };
  };
  return { sessions: { model: { inputs: ['input_ids'], run } } } as unknown as Model;
}

const encodings = (count: number, tokens: number) =>
  Array.from({ length: count }, (_, i) => ({ ids: new Uint32Array(tokens).fill(i) }) as Encoding);

const context = (): Context =>
  ({ signal: AbortSignal.timeout(1e6), meter: new Meter(), limits: parseSettings(isolate()).limits }) as Context;

test('a row is read before the next is run, so that one of them is held', async () => {
  const events: string[] = [];
  const model = echo(() => events.push('run'));
  const read = await forwardEncoded(model, encodings(3, 2), ['logits'], context(), ({ logits }, i) => {
    events.push('read');
    return [i, ...logits.data];
  });
  expect(events).toEqual(['run', 'read', 'run', 'read', 'run', 'read']);
  expect(read).toEqual([
    [0, 0, 0],
    [1, 1, 1],
    [2, 2, 2],
  ]);
});

test('others have their turn, though a task asks text by text', async () => {
  const wait = vi.spyOn(scheduler, 'wait');
  try {
    const model = echo(() => undefined);
    for (let i = 0; i < 40; i++) await forwardEncoded(model, encodings(1, 100), ['logits'], context(), () => null);
    // After every third: that is when there are more than 256 tokens.
    expect(wait.mock.calls.length).toBeGreaterThanOrEqual(12);
    expect(wait.mock.calls.length).toBeLessThanOrEqual(14);
  } finally {
    wait.mockRestore();
  }
});

test('an input without tokens is refused before anything is run: GPT-2 adds none to an empty text', () => {
  const model = echo(() => expect.unreachable());
  const encode = (text: string) => [{ ids: new Uint32Array(text.length) }];
  const added = { ...model, manifest: { maxLength: 8 }, tokenizer: { encode } } as unknown as Model;
  const run = () => forward(added, ['a', ''], ['logits'], context(), () => null, { cure: 'send less' });
  expect(run).toThrow('inputs[1] has no tokens; send a text that has some');
});
