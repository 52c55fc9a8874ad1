// A process of its own that runs workerd for the tool: the local bucket, and trial runs. It ends with the process that started it,
// however that ends, and holds the memory that miniflare and esbuild take.

import type { Envelope, HostAnswer, HostRequest } from './protocol.ts';

const closing: (() => Promise<void>)[] = [];

process.on('message', async ({ id, message }: Envelope<HostRequest>) => {
  const answer: Envelope<HostAnswer> = { id, message: await answerTo(message) };
  if (process.connected) process.send?.(answer);
});
process.on('disconnect', async () => {
  await Promise.allSettled(closing.map((close) => close()));
  process.exit();
});
// The terminal tells it to all at once; the tool is the one to say when this ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

async function answerTo(request: HostRequest): Promise<HostAnswer> {
  try {
    // Each brings what takes a while to load, and most commands need one of them.
    if (request.kind === 'bucket') {
      const { startBucket } = await import('./start-bucket.ts');
      return { kind: 'bucket', origin: await startBucket(request, closing) };
    }
    const { prepare, runTrial } = await import('./run-trial.ts');
    if (request.kind === 'trial') return { kind: 'trial', ...(await runTrial(request, closing)) };
    await prepare(closing);
    return { kind: 'prepare' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
