// Tokens with their scores to entities: the aggregation strategies of `TokenClassificationPipeline` (transformers 4.57).

import { softmax } from './tensor.ts';

export type Strategy = 'none' | 'simple' | 'first' | 'average' | 'max';

/** A token that stands for text. Positions in UTF-16 units. */
export interface Token {
  readonly word: string;
  /** Probabilities, [labels]. */
  readonly scores: Float32Array;
  readonly start: number;
  readonly end: number;
  /** Its place in the sequence. */
  readonly index: number;
  /** Whether it goes on with the word of the token before it. */
  readonly isSubword: boolean;
}

export interface Entity {
  readonly label: string;
  readonly score: number;
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** The token's place, where each token is an entity by itself. */
  readonly index?: number;
}

/** `join`: the text of several tokens, as the tokenizer's decoder writes it. */
export function aggregate(
  tokens: readonly Token[],
  strategy: Strategy,
  labels: readonly string[],
  join: (words: readonly string[]) => string,
): Entity[] {
  if (strategy === 'none') return tokens.map((token) => ({ ...toEntity(token, labels), index: token.index }));
  if (strategy === 'simple') {
    return groupEntities(
      tokens.map((token) => toEntity(token, labels)),
      join,
    );
  }
  const words = groupBy(tokens, (token) => token.isSubword).map((word) => toWord(word, strategy, labels, join));
  return groupEntities(words, join);
}

/** Of entities from overlapping windows that meet, keeps the longer, then the one with the higher score. */
export function mergeOverlaps(entities: readonly Entity[]): Entity[] {
  const merged: Entity[] = [];
  for (const entity of entities.toSorted((a, b) => a.start - b.start)) {
    const previous = merged.at(-1);
    if (!previous || entity.start >= previous.end) merged.push(entity);
    else if (isBetter(entity, previous)) merged[merged.length - 1] = entity;
  }
  return merged;
}

/** Probabilities of each token: `logits` is [tokens, labels]. */
export function scoresOf(logits: Float32Array, labels: number): Float32Array[] {
  return Array.from({ length: logits.length / labels }, (_, i) =>
    softmax(logits.subarray(i * labels, (i + 1) * labels)),
  );
}

function isBetter(entity: Entity, previous: Entity): boolean {
  const gain = entity.end - entity.start - (previous.end - previous.start);
  return gain > 0 || (gain === 0 && entity.score > previous.score);
}

function toEntity({ word, scores, start, end }: Token, labels: readonly string[]): Entity {
  const best = indexOfMax(scores);
  return { label: labels[best] ?? `LABEL_${best}`, score: scores[best] ?? 0, word, start, end };
}

/** One entity for the tokens of one word, which then agree. */
function toWord(
  tokens: readonly Token[],
  strategy: 'first' | 'average' | 'max',
  labels: readonly string[],
  join: (words: readonly string[]) => string,
): Entity {
  const [first] = tokens;
  const last = tokens.at(-1);
  const top = (token: Token) => token.scores[indexOfMax(token.scores)] ?? 0;
  const scores =
    strategy === 'average'
      ? mean(tokens.map((token) => token.scores))
      : strategy === 'max'
        ? tokens.reduce((best, token) => (top(token) > top(best) ? token : best)).scores
        : first?.scores;
  const word = join(tokens.map((token) => token.word));
  const whole = { word, scores: scores ?? new Float32Array(), start: first?.start ?? 0, end: last?.end ?? 0 };
  return toEntity({ ...whole, index: 0, isSubword: false }, labels);
}

/** Neighbours of one tag become one entity; a B- begins another. */
function groupEntities(entities: readonly Entity[], join: (words: readonly string[]) => string): Entity[] {
  const goesOn = (entity: Entity, previous: Entity) =>
    !entity.label.startsWith('B-') && tagOf(entity.label) === tagOf(previous.label);
  return groupBy(entities, goesOn).map((group) => {
    const [first] = group;
    return {
      // What the reference cuts off here is whatever stands before the first hyphen, not B- and I- alone.
      label: first?.label.replace(/^[^-]*-/, '') ?? '',
      score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
      word: join(group.map(({ word }) => word)),
      start: first?.start ?? 0,
      end: group.at(-1)?.end ?? 0,
    };
  });
}

const tagOf = (label: string) => label.replace(/^[BI]-/, '');

/** Cuts a list before each item that does not go on with the one before it. */
function groupBy<T>(items: readonly T[], goesOn: (item: T, previous: T) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    if (group && previous !== undefined && goesOn(item, previous)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

function mean(rows: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = rows;
  return first.map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length);
}

function indexOfMax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
}
