// Room that caches are given, and what they take of a model's memory while they grow.

/** Tokens that a cache of `tokens` is given room for: it moves once in so many. */
export const roomFor = (tokens: number): number => Math.ceil(tokens * 1.25) + 32;

/**
 * Tokens that the caches of a text take the room of at most, together and each alike, until it has `tokens`: `perToken` × tokens + `more`. They
 * move one after the other, and what they leave is room for those that follow. Of eight caches or more, which are four layers; of four
 * it may be a tenth more and of two a third, and such models are small (test/runtime/engine/cache-room.test.ts).
 */
export const GROWN = { perToken: 2, more: 33 };
