// What a hook's rules make of a result.

import * as z from 'zod/mini';
import type { Hook } from './hook.ts';

interface Scored {
  readonly label: string;
  readonly score: number;
}

export interface Choice {
  readonly rule: number | null;
  readonly to: string;
}

/** Labels as the three tasks write them. */
const item = z.union([
  z.pipe(
    z.object({ label: z.string(), score: z.number() }),
    z.transform(({ label, score }) => ({ label, score })),
  ),
  z.pipe(
    z.object({ entity_group: z.string(), score: z.number() }),
    z.transform(({ entity_group: label, score }) => ({ label, score })),
  ),
  z.pipe(
    z.object({ entity: z.string(), score: z.number() }),
    z.transform(({ entity: label, score }) => ({ label, score })),
  ),
]);
const scoredTexts = z.array(z.array(item));

/**
 * The first rule that is met, by any of the texts. A rule with a score is met where one of its labels has that score at least; without a
 * score, where one of them is the best; without labels, where the best has the score.
 */
export function choose({ rules, else: otherwise }: Hook, results: unknown): Choice {
  const texts = scoredTexts.parse(results);
  const rule = rules.findIndex((each) => texts.some((scores) => isMet(each, scores)));
  return rule < 0 ? { rule: null, to: otherwise } : { rule, to: rules[rule]?.to ?? otherwise };
}

function isMet({ label, score }: Hook['rules'][number], scores: readonly Scored[]): boolean {
  const best = scores.reduce<Scored | undefined>(
    (top, next) => (top && top.score >= next.score ? top : next),
    undefined,
  );
  const labels = label === null ? null : [label].flat();
  if (score === null) return best !== undefined && (labels === null || labels.includes(best.label));
  if (labels === null) return best !== undefined && best.score >= score;
  return scores.some((each) => labels.includes(each.label) && each.score >= score);
}
