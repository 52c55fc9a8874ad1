// A Unigram tokenizer of the size of XLM-R's, out of syllables: the vocabularies that large do not come with the project.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SYLLABLES = [
  'ba',
  'co',
  'dé',
  'fu',
  'gi',
  'ha',
  'jo',
  'ку',
  'ли',
  'ма',
  'ne',
  'ón',
  'pü',
  'ra',
  'st',
  '日',
  '本',
  'th',
  've',
  'zo',
];
const SPECIAL = ['<s>', '<pad>', '</s>', '<unk>'];

/** Writes the tokenizer.json to a temporary folder and returns its path. */
export async function writeLargeTokenizer(pieces: number): Promise<string> {
  const words = Array.from({ length: pieces - SPECIAL.length }, (_, i) => [toWord(i), -5 - Math.log(i + 1)]);
  const json = {
    version: '1.0',
    added_tokens: SPECIAL.map((content, id) => ({
      ...{ id, content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: null,
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [...SPECIAL.map((content) => [content, 0]), ...words],
      byte_fallback: false,
    },
  };
  const path = join(await mkdtemp(join(tmpdir(), 'edge-pipelines-bench-')), 'tokenizer.json');
  await writeFile(path, JSON.stringify(json));
  return path;
}

/** The number in syllables; every second one begins a word. */
function toWord(number: number): string {
  let word = '';
  for (let rest = number >> 1; rest > 0 || word === ''; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length];
    if (rest < SYLLABLES.length) break;
  }
  return number % 2 === 0 ? `▁${word}` : word;
}
