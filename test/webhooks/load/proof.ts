// Load and faults: events come at a rate, the receiver fails in all ways, workerd is killed and started again, and at the end every event
// that was accepted must have been delivered.

import { setTimeout as wait } from 'node:timers/promises';
import { STANDARD_RETRIES } from '../../../shared/webhooks/schedule.ts';
import { keysLeft, readStates } from './ledger.ts';
import { type Behaviour, type Receiver, startReceiver } from './receiver.ts';
import { type Sending, sendAll } from './sender.ts';
import { freePort, type Server, startServer } from './server.ts';
import { SECRETS, setStage } from './stage.ts';

export interface ProofOptions {
  readonly events: number;
  readonly rate: number;
  /** Of workerd, spread over the sending. */
  readonly kills: number;
  /** By how much the retry schedule of the specification is divided. */
  readonly factor: number;
  /** What the receiver does, one after the other and around again until all is sent, each for so many seconds. */
  readonly phases: readonly (readonly [Behaviour, seconds: number])[];
  /** Seconds after which what is not delivered counts as lost. */
  readonly patience: number;
  readonly log?: (line: string) => void;
}

export interface ProofReport {
  readonly sent: number;
  readonly requests: number;
  readonly accepted: number;
  readonly delivered: number;
  /** Deliveries of events that the receiver had already answered with a 2xx. */
  readonly duplicates: number;
  readonly dead: number;
  /** Accepted, and neither had by the receiver nor dead. */
  readonly lost: number;
  /** Accepted, and not `delivered` or `dead` in R2. */
  readonly unfinished: number;
  /** Markers that are left in R2, with which events would be looked at again. */
  readonly markers: number;
  /** Events a second that were accepted in fact, the kills included. */
  readonly achieved: number;
  readonly kills: number;
  readonly seconds: number;
  readonly receiver: Receiver['counts'];
  readonly faults: readonly string[];
}

const SWEEP_SECONDS = 2;
/** One may be under way, or fall on a server that is slow to answer. */
const LAST_SWEEPS = 4;
/** More than a lease and the time that the queue is given. */
const SETTLE_SECONDS = 60;

export async function prove(options: ProofOptions): Promise<ProofReport> {
  const log = options.log ?? (() => undefined);
  const receiver = await startReceiver(SECRETS.RECEIVER_SECRET);
  const stage = await setStage({
    destinations: { receiver: { url: receiver.url, secrets: ['RECEIVER_SECRET'] } },
    retries_seconds: STANDARD_RETRIES.map((seconds) => seconds / options.factor),
    timeout_seconds: 1,
  });
  const port = await freePort();
  // The sweep comes every two seconds and not every minute, so the queue is given less before it.
  const serverOptions = { folder: stage.folder, port, bindings: { ...SECRETS, WEBHOOK_GRACE_SECONDS: '5' } };
  const ended = new AbortController();
  let server = await startServer(serverOptions);
  const sending: Sending = { sent: 0, requests: 0, accepted: new Set() };
  const started = Date.now();
  let kills = 0;

  const killer = async () => {
    while (kills < options.kills) {
      // Spread over the sending, however long the machine at hand makes it.
      const enough = (options.events * (kills + 1)) / (options.kills + 1);
      while (sending.accepted.size < enough) await wait(20);
      await server.kill();
      kills += 1;
      log(
        `killed (${kills}) after ${seconds(started)} s: ${sending.accepted.size} accepted, ${receiver.answered.size} delivered`,
      );
      server = await startServer(serverOptions);
    }
  };

  try {
    const sweeps = { ended: 0 };
    const background = [
      sweepOn(() => server, sweeps, ended.signal),
      behaveBadly(receiver, options.phases, ended.signal),
    ];
    const sent = sendAll(
      {
        origin: server.origin,
        secret: SECRETS.HOOK_SECRET,
        count: options.events,
        rate: options.rate,
        atOnce: 48,
        doubledEach: 50,
      },
      sending,
    );
    await Promise.all([sent, killer()]);
    const achieved = Math.round((sending.accepted.size * 10_000) / (Date.now() - started)) / 10;
    log(`all accepted after ${seconds(started)} s, ${receiver.answered.size} delivered`);
    const deadline = Date.now() + options.patience * 1000;
    while (receiver.answered.size < sending.accepted.size && Date.now() < deadline) {
      await wait(500);
      if (Date.now() % 10_000 < 500) log(`${receiver.answered.size} delivered after ${seconds(started)} s`);
    }
    // Whoever was at it when workerd was killed is succeeded when the lease is over, and may deliver once more.
    const states = await readStates(server.origin, sending.accepted, Date.now() + SETTLE_SECONDS * 1000);
    const dead = new Set([...states].flatMap(([id, state]) => (state === 'dead' ? [id] : [])));
    const unfinished = [...states.values()].filter((state) => state !== 'delivered' && state !== 'dead').length;
    // A marker that was left by who was killed is due when its lease is over, at the latest 11 seconds after. Then come the sweeps that take the last
    // ones away, however long the machine at hand makes them.
    await wait(13_000);
    for (const enough = sweeps.ended + LAST_SWEEPS; sweeps.ended < enough; ) await wait(100);
    ended.abort();
    await Promise.all(background);
    await server.kill();
    const markers = await keysLeft(stage.folder, 'due/');
    const delivered = [...sending.accepted].filter((id) => receiver.answered.has(id)).length;
    const strangers = [...receiver.answered.keys()].filter((id) => !sending.accepted.has(id));
    const answers = [...receiver.answered.values()].reduce((sum, count) => sum + count, 0);
    return {
      sent: sending.sent,
      requests: sending.requests,
      accepted: sending.accepted.size,
      delivered,
      duplicates: answers - receiver.answered.size,
      dead: dead.size,
      lost: [...sending.accepted].filter((id) => !receiver.answered.has(id) && !dead.has(id)).length,
      unfinished,
      markers: markers.length,
      achieved,
      kills,
      seconds: seconds(started),
      receiver: receiver.counts,
      faults: [...receiver.faults, ...strangers.map((id) => `${id} was never sent`)],
    };
  } finally {
    ended.abort();
    await server.kill();
    await receiver.close();
    await stage.remove();
  }
}

/** The clock, which the platform is elsewhere. */
async function sweepOn(server: () => Server, sweeps: { ended: number }, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await wait(SWEEP_SECONDS * 1000);
    // It may be dead just now.
    if (!ended.aborted) await server().tick();
    sweeps.ended += 1;
  }
}

async function behaveBadly(receiver: Receiver, phases: ProofOptions['phases'], ended: AbortSignal): Promise<void> {
  for (let i = 0; !ended.aborted && phases.length > 0; i++) {
    const [behaviour, length] = phases[i % phases.length] ?? ['ok', 1];
    receiver.behaviour = behaviour;
    for (let waited = 0; waited < length * 10 && !ended.aborted; waited++) await wait(100);
  }
  receiver.behaviour = 'ok';
}

const seconds = (since: number) => Math.round((Date.now() - since) / 1000);
