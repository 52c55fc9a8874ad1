// The process that runs workerd for the tool, when it ends before it is told to.

import { expect, test } from 'vitest';
import { Host } from '../../model-assets/host/start-host.ts';

test('one that is killed fails what it was asked, and there is nothing to wait for then', async () => {
  const host = new Host();
  const asked = host.ask({ kind: 'prepare' });
  process.kill(host.pid ?? 0, 'SIGKILL');
  await expect(asked).rejects.toThrow('the process that runs workerd has ended (by a signal)');
  await host.close();
});
