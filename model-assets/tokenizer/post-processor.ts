// Reads a post-processor: templates of special tokens, and whether spaces are taken out of offsets.
// Source: Hugging Face tokenizers, processors/.

import { array, boolean, integer, type Json, object, onlyKeys, text } from './json.ts';

export type TemplateStep =
  | { readonly sequence: 0 | 1; readonly typeId: number }
  | { readonly id: number; readonly typeId: number };

export interface PostProcessor {
  readonly single: readonly TemplateStep[];
  readonly pair: readonly TemplateStep[];
  /** Offsets are trimmed, and whether the first space was added. */
  readonly trim: { readonly addPrefixSpace: boolean } | undefined;
}

const A = { sequence: 0, typeId: 0 } as const;
const B = { sequence: 1, typeId: 1 } as const;
const PLAIN = { single: [A], pair: [A, B] } as const;

/** @throws Error naming the processor or the option that is not known. */
export function parsePostProcessor(value: unknown): PostProcessor {
  if (value === null || value === undefined) return { ...PLAIN, trim: undefined };
  const processor = object(value, 'post_processor');
  if (processor.type === 'BertProcessing') {
    onlyKeys(processor, 'BertProcessing', ['type', 'sep', 'cls']);
    const [cls, sep] = ['cls', 'sep'].map((key) => integer(array(processor[key], `BertProcessing.${key}`)[1], key));
    const special = (id = 0, typeId = 0): TemplateStep => ({ id, typeId });
    return {
      single: [special(cls), A, special(sep)],
      pair: [special(cls), A, special(sep), B, special(sep, 1)],
      trim: undefined,
    };
  }
  if (processor.type === 'RobertaProcessing') return roberta(processor);
  if (processor.type === 'ByteLevel') {
    onlyKeys(processor, 'ByteLevel', ['type', 'add_prefix_space', 'trim_offsets', 'use_regex']);
    return { ...PLAIN, trim: trimOf(processor, 'ByteLevel') };
  }
  if (processor.type === 'Sequence') {
    onlyKeys(processor, 'Sequence', ['type', 'processors']);
    return inSequence(array(processor.processors, 'Sequence.processors').map(parsePostProcessor));
  }
  if (processor.type !== 'TemplateProcessing')
    throw new Error(`post_processor "${String(processor.type)}" is not supported`);
  onlyKeys(processor, 'TemplateProcessing', ['type', 'single', 'pair', 'special_tokens']);
  const specials = object(processor.special_tokens, 'TemplateProcessing.special_tokens');
  return {
    single: parseTemplate(processor.single, specials, 'single'),
    pair: parseTemplate(processor.pair, specials, 'pair'),
    trim: undefined,
  };
}

function parseTemplate(value: unknown, specials: Json, name: 'single' | 'pair'): TemplateStep[] {
  const where = `TemplateProcessing.${name}`;
  return array(value, where).flatMap((item): TemplateStep[] => {
    const [kind, body, ...more] = Object.entries(object(item, where)).flat();
    const piece = object(body, where);
    const typeId = integer(piece.type_id, `${where} type_id`);
    if (typeId > 0xff) throw new Error(`${where}: type id ${typeId} is larger than 255`);
    if (more.length === 0 && kind === 'Sequence' && piece.id === 'A') return [{ sequence: 0, typeId }];
    if (more.length === 0 && kind === 'Sequence' && piece.id === 'B' && name === 'pair')
      return [{ sequence: 1, typeId }];
    if (more.length > 0 || kind !== 'SpecialToken') throw new Error(`${where}: ${JSON.stringify(item)} is not known`);
    const special = object(specials[text(piece, where, 'id')], `special token ${JSON.stringify(piece.id)}`);
    return array(special.ids, 'special token ids').map((id) => ({ id: integer(id, 'special token id'), typeId }));
  });
}

/** All of its type ids are 0. */
function roberta(processor: Json): PostProcessor {
  const name = 'RobertaProcessing';
  onlyKeys(processor, name, ['type', 'sep', 'cls', 'trim_offsets', 'add_prefix_space']);
  const special = (key: string): TemplateStep => ({
    id: integer(array(processor[key], `${name}.${key}`)[1], key),
    typeId: 0,
  });
  const [cls, sep] = [special('cls'), special('sep')];
  return {
    single: [cls, A, sep],
    pair: [cls, A, sep, sep, { ...B, typeId: 0 }, sep],
    trim: trimOf(processor, name),
  };
}

function trimOf(processor: Json, name: string): PostProcessor['trim'] {
  const addPrefixSpace = boolean(processor, name, 'add_prefix_space');
  return boolean(processor, name, 'trim_offsets') ? { addPrefixSpace } : undefined;
}

/** At most one of them has a template, and at most one trims. */
function inSequence(processors: readonly PostProcessor[]): PostProcessor {
  const templates = processors.filter(({ single, pair }) => single !== PLAIN.single || pair !== PLAIN.pair);
  const trims = processors.filter(({ trim }) => trim !== undefined);
  if (templates.length > 1 || trims.length > 1)
    throw new Error(
      'post_processor "Sequence" of more than one template, or more than one that trims, is not supported',
    );
  const { single, pair } = templates[0] ?? PLAIN;
  return { single, pair, trim: trims[0]?.trim };
}
