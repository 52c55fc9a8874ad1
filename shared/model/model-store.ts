// The models of one isolate: opened once, shared by its requests, replaced when a new revision is published, and closed
// when others need their memory. Nobody closes a model that a request is using.

import { ortHeapBytes } from '#onnxruntime';
import { ServiceError } from '../errors.ts';
import type { BlobSource } from './blobs.ts';
import { chooseEvictions, type Holder, type Resident } from './budget.ts';
import { type Manifest, totalBytes } from './manifest.ts';
import type { ManifestReader } from './manifest-reader.ts';
import { closeModel, type Model, modelBytes, openModel } from './open-model.ts';
import { demandEngine } from './open-sessions.ts';
import { PATIENCE, patiently } from './patience.ts';

/** A model in use. It stays open until released, even when a newer revision has taken its place. */
export interface Lease {
  readonly model: Model;
  release(): void;
}

/** Memory of an isolate, JavaScript's heap included. What needs more would end it, whatever the budget of models leaves free. */
const ISOLATE_BYTES = 128 * 2 ** 20;

/** What models may come to together while some of them run, by what they may hold. */
export const mostFor = (budget: number) => Math.max(budget, ISOLATE_BYTES);

interface Slot {
  readonly manifest: Manifest;
  readonly model: Promise<Model>;
  /** The model, once it is open. */
  opened?: Model;
  /** WASM memory that it holds: until it is open, what its files have; then what was measured. */
  bytes: number;
  lastUsed: number;
  leases: number;
  /** Superseded or failed: no longer handed out, and closed with its last lease. */
  retired: boolean;
}

export class ModelStore {
  readonly #manifests: ManifestReader;
  readonly #budget: number;
  /** Bytes that they never pass together with a run's answer, however long what they are asked. */
  readonly #most: number;
  /** The slot that serves a name. */
  readonly #current = new Map<string, Slot>();
  /** Every slot that holds memory, the retired ones still in use among them. */
  readonly #resident = new Set<Slot>();
  readonly #patience: number;
  #clock = 0;

  /**
   * `budget`: WASM memory, in bytes, that all open models may hold together. `most`: that they may hold while some of them run. `patience`:
   * milliseconds that a request waits for a model to open.
   */
  constructor(manifests: ManifestReader, budget: number, most: number = mostFor(budget), patience = PATIENCE) {
    this.#manifests = manifests;
    this.#budget = budget;
    this.#most = most;
    this.#patience = patience;
  }

  /**
   * The newest published revision of a model, opened if it is not.
   * Throws `not_found`, `model_unavailable` (its blobs, or it is larger than the budget, or reading it does not end), `overloaded` (no memory
   * until other requests end).
   */
  async acquire(name: string, source: BlobSource): Promise<Lease> {
    const slot = this.#slotFor(await this.#manifests.read(name, source), source);
    slot.leases += 1;
    slot.lastUsed = ++this.#clock;
    const release = once(() => this.#release(slot));
    try {
      return {
        model: await (slot.opened ? slot.model : patiently(slot.model, `model ${name}`, this.#patience)),
        release,
      };
    } catch (error) {
      // Not remembered: the next request tries anew, and works once the bucket is mended.
      this.#retire(slot);
      release();
      throw error;
    }
  }

  /** Names of the models that are open or opening. */
  get open(): readonly string[] {
    return [...this.#current.keys()];
  }

  /** WASM memory that an open model holds, as measured after its last request; undefined while it is not open. */
  bytesOf(name: string): number | undefined {
    const slot = this.#current.get(name);
    return slot?.opened && slot.bytes;
  }

  #slotFor(manifest: Manifest, source: BlobSource): Slot {
    const known = this.#current.get(manifest.name);
    if (known?.manifest.revision === manifest.revision && !known.opened?.isBroken()) return known;
    if (known) this.#retire(known);
    // Several at once: what each will hold is reserved before it is read, and one whose read never ends holds up nobody else.
    const model = Promise.resolve().then(() => this.#open(slot, source));
    const slot: Slot = { manifest, model, bytes: totalBytes(manifest), lastUsed: 0, leases: 0, retired: false };
    this.#current.set(manifest.name, slot);
    // Others may wait for this load: it must not end with the request that began it.
    source.waitUntil(model.catch(() => undefined));
    return slot;
  }

  async #open(slot: Slot, source: BlobSource): Promise<Model> {
    demandEngine(slot.manifest);
    this.#makeRoom(slot);
    this.#resident.add(slot);
    try {
      const beforeGrowth = (bytes: number, copies: number) => this.#beforeGrowth(slot, bytes, copies);
      const model = await openModel(slot.manifest, source, { most: this.#most, beforeGrowth });
      slot.opened = model;
      slot.bytes = modelBytes(model);
      return await this.#keepWithinBudget(slot, model);
    } catch (error) {
      this.#resident.delete(slot);
      throw error;
    }
  }

  /** What a model holds is known only now, and is more than its files: others may have to go after all. */
  async #keepWithinBudget(slot: Slot, model: Model): Promise<Model> {
    // Closed while it was opened, for nobody waits any more: it goes as soon as it is there.
    if (!this.#resident.delete(slot)) return model;
    try {
      this.#makeRoom(slot);
    } catch (error) {
      await closeModel(model);
      throw error;
    }
    this.#resident.add(slot);
    return model;
  }

  #makeRoom(slot: Slot): void {
    const { bytes } = slot;
    const { name } = slot.manifest;
    if (bytes > this.#budget) {
      const message = `model ${name} needs ${mebibytes(bytes)} of memory; models may hold ${mebibytes(this.#budget)} (WASM_BUDGET_MIB)`;
      throw new ServiceError('model_unavailable', message);
    }
    const evicted = choose(this.#residents(), parted(slot), this.#budget);
    if (!evicted) {
      throw new ServiceError(
        'overloaded',
        `there is no memory for model ${name} while others are in use; send the request again`,
      );
    }
    for (const each of evicted) this.#retire(each.slot);
  }

  #retire(slot: Slot): void {
    slot.retired = true;
    if (this.#current.get(slot.manifest.name) === slot) this.#current.delete(slot.manifest.name);
    if (slot.leases === 0) this.#close(slot);
  }

  #release(slot: Slot): void {
    slot.leases -= 1;
    // What has failed serves nobody any more: its memory is for others.
    if (slot.opened?.isBroken()) this.#retire(slot);
    else if (slot.opened) this.#measure(slot, slot.opened);
    if (slot.retired && slot.leases === 0) this.#close(slot);
  }

  /** A longer input than any before lets an engine's memory grow: others may have to go. */
  #measure(slot: Slot, model: Model): void {
    slot.bytes = modelBytes(model);
    const residents = this.#residents(slot);
    // Where it is too much even alone, all that are idle go.
    const evicted =
      choose(residents, { bytes: 0, sharedBytes: 0 }, this.#budget) ?? residents.filter(({ busy }) => !busy);
    for (const each of evicted) this.#retire(each.slot);
  }

  /** Room that an open model asks for while it runs, and for what it answers: what is idle goes at once, not when the run has ended. */
  #beforeGrowth(slot: Slot, bytes: number, copies: number): void {
    // What it takes to open is reserved already.
    if (!slot.opened) return;
    const residents = this.#residents(slot);
    const evictedFor = (wanted: number) => choose(residents, { bytes: wanted, sharedBytes: 0 }, this.#most);
    // Idle models make room for copies, but nobody is refused for want of it: they are soon gone.
    const evicted = evictedFor(bytes + copies) ?? evictedFor(bytes);
    if (!evicted) throw this.#withoutRoom(slot, bytes);
    for (const each of evicted) this.#retire(each.slot);
    slot.bytes += bytes;
  }

  /** Only where others hold the room is it there later. */
  #withoutRoom(slot: Slot, bytes: number): ServiceError {
    const needs = `model ${slot.manifest.name} needs ${mebibytes(bytes)} more for this input`;
    const isAlone = slot.leases <= 1 && this.#residents().every((each) => each.slot === slot || !each.busy);
    return isAlone
      ? new ServiceError('too_large', `${needs} than the ${mebibytes(this.#most)} that there are; send less at once`)
      : new ServiceError('overloaded', `${needs} while others are in use; send the request again, or less at once`);
  }

  /** `kept`: stays as if it were in use. */
  #residents(kept?: Slot) {
    return Array.from(this.#resident, (slot) => ({
      slot,
      ...parted(slot),
      lastUsed: slot.lastUsed,
      busy: slot.leases > 0 || slot === kept,
    }));
  }

  #close(slot: Slot): void {
    // Engines queue what they are asked: memory that is freed here is free for whatever is opened next.
    if (this.#resident.delete(slot)) slot.model.then(closeModel, () => undefined);
  }
}

/** A tokenizer's memory is its own; it is what its file has until it is open, and little more then. */
function parted({ manifest: { engine, tokenizer }, bytes, opened }: Slot): Holder {
  const own = opened?.tokenizer.bytes ?? tokenizer.bytes;
  return engine.name === 'edge' ? { bytes, sharedBytes: 0 } : { bytes: own, sharedBytes: Math.max(bytes - own, 0) };
}

/** Memory as it is now: a run lets the heap of onnxruntime-web grow without anybody being asked. */
const choose = <R extends Resident>(residents: readonly R[], wanted: Holder, budget: number) =>
  chooseEvictions(residents, wanted, budget, ortHeapBytes());

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
