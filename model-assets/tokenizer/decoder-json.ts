// Reads the decoder of a tokenizer.json into the steps that the manifest carries.

import * as z from 'zod/mini';
import type { DecodeStep } from '../../shared/tokenizer/decode/steps.ts';

const pattern = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
const decoder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('WordPiece'), prefix: z.string(), cleanup: z.boolean() }),
  z.object({ type: z.literal('ByteLevel') }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string(),
    prepend_scheme: z.optional(z.enum(['always', 'never', 'first'])),
    add_prefix_space: z.optional(z.boolean()),
  }),
  z.object({ type: z.literal('BPEDecoder'), suffix: z.string() }),
  z.object({ type: z.literal('ByteFallback') }),
  z.object({ type: z.literal('Fuse') }),
  z.object({ type: z.literal('Strip'), content: z.string(), start: z.int(), stop: z.int() }),
  z.object({ type: z.literal('Replace'), pattern, content: z.string() }),
]);
const typed = z.looseObject({ type: z.string(), decoders: z.optional(z.array(z.unknown())) });

/** Null for a tokenizer without a decoder. Throws where one is not known, by its name. */
export function readDecoder(json: unknown): DecodeStep[] | null {
  if (json === null || json === undefined) return null;
  const { type, decoders } = typed.parse(json);
  if (type === 'Sequence') return (decoders ?? []).flatMap((each) => readDecoder(each) ?? []);
  const result = decoder.safeParse(json);
  if (!result.success) throw new Error(`the decoder ${JSON.stringify(json)} is not known`);
  return [toStep(result.data)];
}

function toStep(step: z.output<typeof decoder>): DecodeStep {
  switch (step.type) {
    case 'Metaspace':
      return {
        type: step.type,
        replacement: step.replacement,
        prepend: (step.prepend_scheme ?? (step.add_prefix_space === false ? 'never' : 'always')) !== 'never',
      };
    case 'Replace': {
      const isRegex = 'Regex' in step.pattern;
      const text = 'Regex' in step.pattern ? step.pattern.Regex : step.pattern.String;
      // Refused here where JavaScript cannot read it, and not when text is decoded.
      if (isRegex) new RegExp(text, 'gu');
      return { type: step.type, pattern: text, isRegex, content: step.content };
    }
    default:
      return step;
  }
}
