// POST /v1/question-answering  {"inputs": {"question": "Where do I work?", "context": "I work at Hugging Face in Brooklyn"}}
//   ->  {"answer": "Hugging Face", "score": 0.69, "start": 10, "end": 22}
//
// Semantics: QuestionAnsweringPipeline of transformers 4.57, but that a question longer than max_question_len is refused.

import * as z from 'zod/mini';
import { ServiceError } from '../shared/errors.ts';
import { admit, checkAnswers, checkCharacters, forwardEncoded } from '../shared/forward.ts';
import { serve } from '../shared/http/serve.ts';
import type { Model } from '../shared/model/open-model.ts';
import { offsetFields, positionsIn } from '../shared/offsets.ts';
import { fields, optional } from '../shared/schema.ts';
import { bestSpans, type Span } from '../shared/spans.ts';
import type { Context, Task } from '../shared/task.ts';
import type { Encoding } from '../shared/tokenizer/tokenizer.ts';

const count = z.int('must be a whole number from 1').check(z.minimum(1));
const parameters = fields({
  top_k: optional(count, 1),
  doc_stride: optional(z.int('must be a whole number from 0').check(z.minimum(0)), null),
  max_answer_len: optional(count, 15),
  max_seq_len: optional(count, null),
  max_question_len: optional(count, 64),
  handle_impossible_answer: optional(z.boolean('must be true or false'), false),
  align_to_words: optional(z.boolean('must be true or false'), true),
  ...offsetFields,
});
const text = z.string('must be a string').check(z.minLength(1, 'must not be empty'));
const question = fields({ question: text, context: text });
const input = fields({
  inputs: z.union([question, z.array(question)], 'must be an object with question and context, or a list of these'),
  parameters: optional(parameters, parameters.parse({})),
});
const answer = z.object({ answer: z.string(), score: z.number(), start: z.int(), end: z.int() });
const answers = z.union([answer, z.array(answer)]);
const output = z.union([answers, z.array(answers)]);

type Parameters = z.output<typeof parameters>;
type Answer = z.output<typeof answer>;

export const questionAnswering: Task<z.output<typeof input>, z.output<typeof output>> = {
  name: 'question-answering',
  aliases: [],
  summary: 'The part of a context that answers a question, and its place',
  input,
  output,
  example: { inputs: { question: 'Where do I work?', context: 'I work at Hugging Face in Brooklyn' } },
  models: 'own',
  async run({ inputs, parameters }, model, context) {
    const list = Array.isArray(inputs) ? inputs : [inputs];
    checkAnswers(list.length, 'questions', parameters.top_k);
    const results: z.output<typeof answers>[] = [];
    let characters = 0;
    for (const [i, item] of list.entries()) {
      const found = await answersTo(item, `inputs[${i}]`, parameters, model, context);
      characters += found.reduce((sum, each) => sum + each.answer.length, 0);
      checkCharacters(characters, 'lower parameters.top_k');
      const toWire = positionsIn(item.context, parameters.offset_unit);
      const wired = found.map((each) => ({ ...each, start: toWire(each.start), end: toWire(each.end) }));
      results.push(parameters.top_k > 1 ? wired : (wired[0] ?? { answer: '', score: 0, start: 0, end: 0 }));
    }
    return Array.isArray(inputs) ? results : (results[0] ?? []);
  },
};

/** The best answers of all windows, best first; such as differ only in case are one, and their scores add up. */
async function answersTo(
  item: z.output<typeof question>,
  name: string,
  parameters: Parameters,
  model: Model,
  context: Context,
): Promise<Answer[]> {
  const { top_k, align_to_words: aligned, max_answer_len: maxLength } = parameters;
  const windows = windowsOf(item, name, parameters, model, context);
  // Aligned to words, some spans become the same answer: the reference asks for more.
  const count = aligned ? 2 * top_k + 10 : top_k;
  checkSpans(windows, maxLength, count, name);
  const letters = toLetters(item.context);
  const found = new Map<string, Answer>();
  let nullScore = Number.POSITIVE_INFINITY;
  await forwardEncoded(model, windows, ['start_logits', 'end_logits'], context, (row, i) => {
    const window = windows[i];
    if (!window) return;
    const isContext = (token: number) => window.sequenceIds[token] === 1;
    const isNone = (token: number) => isClass(token, window, model);
    const best = bestSpans(row.start_logits.data, row.end_logits.data, isContext, isNone, { maxLength, count });
    nullScore = Math.min(nullScore, best.nullScore);
    for (const span of best.spans) add(found, item.context, letters, toPlace(span, window, aligned), span.score);
  });
  const answers = [...found.values()];
  if (parameters.handle_impossible_answer) answers.push({ answer: '', score: nullScore, start: 0, end: 0 });
  return answers.sort((a, b) => b.score - a.score).slice(0, top_k);
}

/** Spans of all windows that a question's answers may be picked from: each takes about 180 bytes. */
const MOST_SPANS = 2 ** 18;

/** `count`: of each window, which has no more spans than a token has ends, which are `maxLength`. */
function checkSpans(windows: readonly Encoding[], maxLength: number, count: number, name: string): void {
  const spans = windows.reduce((sum, { ids }) => sum + Math.min(count, ids.length * maxLength), 0);
  if (spans <= MOST_SPANS) return;
  const message = `${name} has up to ${spans} answers in its windows to pick from; one question takes ${MOST_SPANS} (lower parameters.top_k or parameters.max_answer_len)`;
  throw new ServiceError('too_large', message);
}

/** Whether a token is the [CLS] of BERT and its kin. GPT-2 and T5 have none, and mBART's texts none of theirs. */
function isClass(token: number, { ids }: Encoding, { manifest }: Model): boolean {
  const { clsId } = manifest.pieces;
  // What was published before manifests said it began with one.
  return clsId === undefined ? token === 0 : ids[token] === clsId;
}

function windowsOf(
  item: z.output<typeof question>,
  name: string,
  { max_seq_len, doc_stride, max_question_len }: Parameters,
  model: Model,
  context: Context,
): readonly Encoding[] {
  const length = max_seq_len ?? Math.min(model.manifest.maxLength, 384);
  if (length > model.manifest.maxLength) {
    const message = `parameters.max_seq_len is ${length}; this model takes ${model.manifest.maxLength} tokens`;
    throw new ServiceError('invalid_input', message);
  }
  const asked = model.tokenizer.encode(item.question, { addSpecialTokens: false })[0]?.ids.length ?? 0;
  if (asked > max_question_len) {
    const message = `${name}.question has ${asked} tokens; parameters.max_question_len is ${max_question_len}`;
    throw new ServiceError('invalid_input', message);
  }
  const stride = doc_stride ?? Math.min(length >> 1, 128);
  const direction = model.manifest.truncationSide ?? 'right';
  const truncation = { strategy: 'only_second', maxLength: length, stride, direction } as const;
  let windows: readonly Encoding[];
  try {
    windows = model.tokenizer.encode([item.question, item.context], { truncation });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const message = `${name}: ${error.message} (parameters.max_seq_len is ${length} and parameters.doc_stride ${stride}; a question of ${asked} tokens is in each window)`;
    throw new ServiceError(error.code, message, { cause: error });
  }
  return admit(model, windows, name, 'lower parameters.max_seq_len', context);
}

/** Where a span lies in the context, in UTF-16 units; aligned, from the start of its first word to the end of its last. */
function toPlace({ first, last }: Span, { offsets, wordIds, sequenceIds }: Encoding, aligned: boolean) {
  const inWord = (token: number, word: number | undefined) => wordIds[token] === word && sequenceIds[token] === 1;
  let [from, to] = [first, last];
  if (aligned) {
    while (from > 0 && inWord(from - 1, wordIds[first])) from--;
    while (to + 1 < wordIds.length && inWord(to + 1, wordIds[last])) to++;
  }
  return { start: offsets[2 * from] ?? 0, end: offsets[2 * to + 1] ?? 0 };
}

/**
 * The text in lower case, unit for unit: answers are found again by slices of it, which copy nothing. İ keeps its case, for it would become two
 * units; ς is written σ, for a slice may end inside of a word.
 */
function toLetters(text: string): string {
  return text.replaceAll(/[^İ]+/g, (part) => part.toLowerCase()).replaceAll('ς', 'σ');
}

/** `found`: by their letters in lower case. */
function add(
  found: Map<string, Answer>,
  text: string,
  letters: string,
  { start, end }: { start: number; end: number },
  score: number,
): void {
  const key = letters.slice(start, end);
  const same = found.get(key);
  if (same) same.score += score;
  else found.set(key, { answer: text.slice(start, end), score, start, end });
}

export default serve(questionAnswering);
