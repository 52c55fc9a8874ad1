// The asynchronous path of webhooks: events a second, and where the time of one goes.

import { setTimeout as wait } from 'node:timers/promises';
import { startReceiver } from '../../webhooks/load/receiver.ts';
import { sendAll } from '../../webhooks/load/sender.ts';
import { freePort, startServer } from '../../webhooks/load/server.ts';
import { SECRETS, setStage } from '../../webhooks/load/stage.ts';
import type { Subject } from '../bench.ts';
import { compare } from '../measure.ts';

const EVENTS = 1000;
/** How often one event goes through each step: at its acceptance, and when it is taken up, classified, delivered and noted. */
const STEPS = {
  authenticate: 1,
  mark: 1,
  create: 1,
  wake: 1,
  read: 1,
  decide: 1,
  replace: 3,
  deliver: 1,
  unmark: 1,
} as const;

export default {
  name: 'webhooks',
  summary: `${EVENTS} events as fast as they are taken, by workerd with R2 and queue as npm start has them; then the steps of one event`,
  async run(report) {
    const receiver = await startReceiver(SECRETS.RECEIVER_SECRET);
    const destination = { url: receiver.url, secrets: ['RECEIVER_SECRET'] };
    const stage = await setStage({ destinations: { receiver: destination } }, 'test/bench/workers/webhooks.ts');
    const server = await startServer({ folder: stage.folder, port: await freePort(), bindings: SECRETS });
    const row = (name: string, unit: string, ours: number) =>
      report({ case: name, unit, ours, peer: null, ratio: null });
    try {
      const send = (count: number) => {
        const options = {
          origin: server.origin,
          secret: SECRETS.HOOK_SECRET,
          count,
          rate: 0,
          atOnce: 16,
          doubledEach: 0,
        };
        return sendAll(options, { sent: 0, requests: 0, accepted: new Set() });
      };
      const delivered = async (count: number) => {
        while (receiver.answered.size < count) await wait(20);
      };
      await send(50);
      await delivered(50);
      const started = performance.now();
      const rate = () => (EVENTS * 1000) / (performance.now() - started);
      // The first fifty are repeats, which are answered and no more.
      await send(50 + EVENTS);
      row('accepted', 'events/s', rate());
      await delivered(50 + EVENTS);
      row('delivered, from the first request to the last', 'events/s', rate());

      const get = async (path: string) => {
        const response = await fetch(`${server.origin}${path}`);
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        await response.arrayBuffer();
      };
      const kinds = Object.keys(STEPS).map((step) => [
        step,
        (repeats: number) => get(`/step/${step}?repeats=${repeats}`),
      ]);
      const times: Record<string, number> = await compare(Object.fromEntries(kinds), { repeats: 50, rounds: 5 });
      for (const [step, count] of Object.entries(STEPS)) {
        row(`${step}${count > 1 ? `, ${count} times` : ''}`, 'ms', (times[step] ?? 0) * count);
      }
    } finally {
      await server.kill();
      await receiver.close();
      await stage.remove();
    }
  },
} satisfies Subject;
