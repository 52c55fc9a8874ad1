// An instance that lets no command run that reads or writes outside of what the instance gave out, and the planner within it. It runs nothing
// that would take long, and gives no large rooms.

import { ServiceError } from '../../../../shared/errors.ts';
import { FreeList } from '../../../../shared/runtime/engine/free-list.ts';
import { EngineInstance } from '../../../../shared/runtime/engine/instance.ts';
import { type Range, reachesOf } from './command-ranges.ts';

const MOST_ROOM = 2 ** 25;
const MOST_WORK = 5e7;

/** What each list of free room has given out since it was made. */
const given = new WeakMap<FreeList, Range[]>();
let latest: FreeList | undefined;
const take = FreeList.prototype.take;
FreeList.prototype.take = function (this: FreeList, bytes: number): number {
  const start = take.call(this, bytes);
  const ranges = given.get(this) ?? [];
  ranges.push({ start, end: start + bytes });
  given.set(this, ranges);
  latest = this;
  return start;
};

export class WatchedInstance extends EngineInstance {
  readonly #rooms = new Map<number, Range>();
  /** Commands that ran. */
  commands = 0;

  override take(bytes: number): number {
    if (bytes > MOST_ROOM) throw new ServiceError('overloaded', 'more room than a test gives');
    // Not this room, but those of the plan: of the one that comes, or of the one that was made for where the room turns out to be.
    const plan = latest;
    const start = super.take(bytes);
    latest = plan;
    this.#rooms.set(start, { start, end: start + bytes });
    return start;
  }

  override give(at: number): void {
    this.#rooms.delete(at);
    super.give(at);
  }

  override run(commands: number): void {
    const room = [...this.#rooms.values()].find(({ start, end }) => start <= commands && commands < end);
    if (!room) throw new Error('commands lie outside of every room');
    const words = this.ints(commands, (room.end - commands) >> 2);
    const planned = (latest && given.get(latest)) ?? [];
    const held = [...this.#rooms.values()].filter(({ start }) => start !== room.start);
    const image = { start: this.image.at, end: this.image.at + this.image.bytes };
    let work = 0;
    for (const reach of reachesOf(words, this.mode)) {
      for (const range of reach.writes) this.#check('writes', reach.code, range, [...planned, ...held], commands);
      for (const range of reach.reads) this.#check('reads', reach.code, range, [image, ...planned, ...held], commands);
      work += reach.work;
      this.commands++;
    }
    if (work > MOST_WORK) throw new ServiceError('overloaded', 'more work than a test does');
    super.run(commands);
  }

  #check(verb: string, code: number, { start, end }: Range, allowed: readonly Range[], commands: number): void {
    if (start >= end) return;
    const isWithin = allowed.some((range) => range.start <= start && end <= range.end);
    const isPlain = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (isPlain && isWithin && (end <= commands || start > commands)) return;
    throw new Error(`command ${code} ${verb} ${start} to ${end}, which it was not given`);
  }
}
