// POST /v1/fill-mask  {"inputs": "Paris is the [MASK] of France."}
//   ->  [{"score": 0.99, "token": 3007, "token_str": "capital", "sequence": "Paris is the capital of France."}, …]
//
// Semantics: FillMaskPipeline of transformers 4.57.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { checkAnswers, checkCharacters, encodeAll, forwardEncoded, type Row } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Model } from '../shared/model/open-model.ts';
import type { RowWindow } from '../shared/runtime/session.ts';
import { fields, optional, texts } from '../shared/schema.ts';
import type { Context, Task } from '../shared/task.ts';
import { softmax, topK } from '../shared/tensor.ts';

const TARGETS = 'must be a string or a list of strings';
const parameters = fields({
  top_k: optional(z.int('must be a whole number from 1').check(z.minimum(1)), 5),
  targets: optional(z.union([z.string(), z.array(z.string('must be a string'))], TARGETS), null),
});
const input = fields({
  inputs: texts,
  parameters: optional(parameters, parameters.parse({})),
});
const filled = z.object({ score: z.number(), token: z.int(), token_str: z.string(), sequence: z.string() });
const oneOrMoreMasks = z.union([z.array(filled), z.array(z.array(filled))]);
const output = z.union([oneOrMoreMasks, z.array(oneOrMoreMasks)]);

export const fillMask: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'fill-mask',
  aliases: [],
  summary: 'Words for the mask in a text, best first; for several masks, one list each',
  input,
  output,
  example: { inputs: 'Paris is the [MASK] of France.' },
  models: 'own',
  async run({ inputs, parameters: { top_k, targets } }, model, context) {
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    const encodings = encodeAll(model, list, context, { cure: 'send less around the mask' });
    const maskId = maskOf(model);
    const { padId } = model.manifest.pieces;
    const masks = encodings.map(({ ids }, i) => placesOf(maskId, ids, `inputs[${i}]`, model));
    const allowed = targets === null ? null : toIds(typeof targets === 'string' ? [targets] : targets, model, context);
    const each = Math.min(top_k, allowed?.length ?? model.tokenizer.vocabularySize);
    checkAnswers(masks.flat().length, 'masks', each);
    // Every answer has its whole text.
    const lengths = encodings.map(({ ids }, i) => (masks[i] ?? []).length * model.decoder.decode(ids).length);
    checkCharacters(
      each * lengths.reduce((sum, length) => sum + length, 0),
      'lower parameters.top_k, or send less text',
    );
    const windows = masks.map(around);
    const read = ({ logits }: Row<'logits'>, i: number) => {
      const ids = encodings[i]?.ids ?? new Uint32Array();
      const size = logits.dims[1] ?? 0;
      const places = masks[i] ?? [];
      const lists = places.map((place) => {
        const at = (place - (places[0] ?? 0)) * size;
        const scores = softmax(logits.data.subarray(at, at + size));
        return best(scores, top_k, allowed).map((token) => ({
          score: scores[token] ?? 0,
          token,
          token_str: model.decoder.decode([token]),
          // With several masks the others must stay to be seen; padding never does.
          sequence: model.decoder.decode(
            ids.with(place, token).filter((id) => id !== padId),
            { skipSpecialTokens: places.length === 1 },
          ),
        }));
      });
      return lists.length === 1 ? (lists[0] ?? []) : lists;
    };
    const answers = await forwardEncoded(model, encodings, ['logits'], context, read, (i) => windows[i] ?? around([]));
    return typeof inputs === 'string' ? (answers[0] ?? []) : answers;
  },
};

/** From the first of the places to the last. */
function around(places: readonly number[]): RowWindow {
  const [start = 0] = places;
  return { start, count: (places.at(-1) ?? start) - start + 1 };
}

function best(scores: Float32Array, k: number, allowed: readonly number[] | null): readonly number[] {
  if (allowed === null) return topK(scores, k);
  return topK(
    Float32Array.from(allowed, (id) => scores[id] ?? 0),
    k,
  ).map((i) => allowed[i] ?? 0);
}

function maskOf({ manifest }: Model): number {
  if (manifest.pieces.maskId !== null) return manifest.pieces.maskId;
  throw new ServiceError('invalid_input', `model ${manifest.name} has no mask token`);
}

function placesOf(maskId: number, ids: Uint32Array, name: string, { tokenizer }: Model): number[] {
  const places = Array.from(ids.keys()).filter((i) => ids[i] === maskId);
  if (places.length > 0) return places;
  throw new ServiceError(
    'invalid_input',
    `${name} has no mask; put ${tokenizer.tokenOf(maskId)} where a word is wanted`,
  );
}

/** The tokens that targets name. One that is no token stands for its first piece, of which the answer warns. */
function toIds(targets: readonly string[], { tokenizer }: Model, context: Context): readonly number[] {
  const ids = targets.flatMap((target) => {
    const id = tokenizer.idOf(target);
    if (id !== undefined) return id;
    const first = tokenizer.encode(target, { addSpecialTokens: false })[0]?.ids[0];
    context.warn(
      first === undefined
        ? `target ${target} has no token and is left out`
        : `target ${target} is no token of the model; ${tokenizer.tokenOf(first)} stands for it`,
    );
    return first ?? [];
  });
  if (ids.length > 0) return [...new Set(ids)];
  throw new ServiceError('invalid_input', 'parameters.targets must name a token that the model has');
}

export default serve(fillMask);
