// Reads a model card: the Hub's YAML front matter, then Markdown.

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod/mini';

export interface Card {
  readonly license: string;
  /** The model that it was made of; undefined where the card does not say. */
  readonly origin: string | undefined;
  /** The first paragraph. */
  readonly description: string;
  /** The task that it is meant for, where its head would serve several. */
  readonly task: string | undefined;
  readonly tags: readonly string[];
}

const oneOrMore = z.union([z.string(), z.array(z.string())]);
const frontMatter = z.object({
  license: z.nullish(oneOrMore),
  base_model: z.nullish(oneOrMore),
  pipeline_tag: z.nullish(z.string()),
  tags: z.nullish(z.array(z.string())),
});

/** Of a description; what is longer is cut. */
const MOST_LETTERS = 400;

/** What a repository without a card is: nothing is known of its licence. */
const NO_CARD: Card = { license: 'unknown', origin: undefined, description: '', task: undefined, tags: [] };

/** Throws where there is a card whose front matter is none. */
export async function readCard(path: string): Promise<Card> {
  const text = await readIfThere(path);
  if (text === undefined) return NO_CARD;
  const [, yaml = '', markdown = ''] = /^---\n(.*?)\n---(?:\n(.*))?$/s.exec(text.replaceAll('\r\n', '\n').trim()) ?? [
    '',
    '',
    text,
  ];
  const { license, base_model: origin, pipeline_tag: task, tags } = parseFrontMatter(path, yaml);
  return {
    license: joined(license) ?? 'unknown',
    origin: joined(origin),
    description: firstParagraph(markdown),
    task: task ?? undefined,
    tags: tags ?? [],
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseFrontMatter(path: string, yaml: string): z.output<typeof frontMatter> {
  try {
    return frontMatter.parse(parse(yaml) ?? {});
  } catch (cause) {
    throw new Error(`${path}: its front matter is not what the Hub reads (${message(cause)})`, { cause });
  }
}

/** Of prose: headings, tables, pictures, code and HTML say nothing in a list. */
function firstParagraph(markdown: string): string {
  const paragraphs = markdown
    .replaceAll(/```.*?(```|$)/gs, '')
    .split(/\n{2,}/)
    .map((text) => text.trim());
  const prose = paragraphs.find((text) => text !== '' && !/^(#|<|\||!\[|\[!|---)/.test(text)) ?? '';
  const line = prose.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > MOST_LETTERS ? `${line.slice(0, MOST_LETTERS - 1)}…` : line;
}

const joined = (value: string | readonly string[] | null | undefined) =>
  typeof value === 'string' ? value : value?.join(', ');
const message = (error: unknown) => (error instanceof Error ? error.message.split('\n')[0] : String(error));
