// Reads a model card: the Hub's YAML front matter, then Markdown.

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod/mini';

export interface Card {
  readonly license: string;
  readonly origin: string;
  /** The first paragraph. */
  readonly description: string;
}

const frontMatter = z.object({ license: z.string(), base_model: z.string() });

export async function readCard(path: string): Promise<Card> {
  const [, yaml = '', markdown = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(await readFile(path, 'utf8')) ?? [];
  const { license, base_model: origin } = frontMatter.parse(parse(yaml));
  const paragraphs = markdown.split(/\n{2,}/).map((text) => text.trim());
  const description = paragraphs.find((text) => text !== '' && !text.startsWith('#'))?.replaceAll('\n', ' ');
  if (!description) throw new Error(`${path}: the card has no first paragraph that says what the model is`);
  return { license, origin, description };
}
