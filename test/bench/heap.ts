// Samples the JavaScript memory of a Worker through V8's inspector while it works.

interface Usage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

/**
 * The most bytes of JavaScript heap and buffers that were seen while `work` ran; WebAssembly memory is not among them.
 * Samples come in only where the isolate waits, so a peak between two waits is missed.
 */
export async function peakHeap(inspector: URL, work: () => Promise<unknown>): Promise<number> {
  const socket = new WebSocket(await targetOf(inspector));
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const answers = new Map<number, (usage: Usage) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    answers.get(id)?.(result);
  });
  let id = 0;
  const sample = () =>
    new Promise<Usage>((resolve) => {
      answers.set(++id, resolve);
      socket.send(JSON.stringify({ id, method: 'Runtime.getHeapUsage' }));
    });
  let peak = 0;
  let working = true;
  const done = work().finally(() => {
    working = false;
  });
  do {
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = await sample();
    peak = Math.max(peak, usedSize + embedderHeapUsedSize + backingStorageSize);
  } while (working);
  await done;
  socket.close();
  return peak;
}

/** Of all that runs in the process, the Worker under test: the one of the user. */
async function targetOf(inspector: URL): Promise<string> {
  const list = await fetch(new URL('/json', String(inspector).replace(/^ws/, 'http')));
  const targets = (await list.json()) as { id: string; webSocketDebuggerUrl: string }[];
  const target = targets.find(({ id }) => id.startsWith('core:user:'));
  if (!target) throw new Error(`the inspector lists no Worker: ${targets.map(({ id }) => id).join(', ')}`);
  return target.webSocketDebuggerUrl;
}
