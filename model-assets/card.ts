// Reads a model card: the Hub's YAML front matter, then Markdown.

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod/mini';

export interface Card {
  readonly license: string;
  readonly origin: string;
  /** The first paragraph. */
  readonly description: string;
  /** The task that it is meant for, where its head would serve several. */
  readonly task: string | undefined;
  readonly tags: readonly string[];
}

const frontMatter = z.object({
  license: z.string(),
  base_model: z.string(),
  pipeline_tag: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
});

export async function readCard(path: string): Promise<Card> {
  const [, yaml = '', markdown = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(await readFile(path, 'utf8')) ?? [];
  const { license, base_model: origin, pipeline_tag: task, tags = [] } = frontMatter.parse(parse(yaml));
  const paragraphs = markdown.split(/\n{2,}/).map((text) => text.trim());
  const description = paragraphs.find((text) => text !== '' && !text.startsWith('#'))?.replaceAll('\n', ' ');
  if (!description) throw new Error(`${path}: the card has no first paragraph that says what the model is`);
  return { license, origin, description, task, tags };
}
