// Bits per byte on the books that were kept back, read in 30 windows each that begin anew with a paragraph, as recipes/passages.py cuts them.

import { join } from 'node:path';
import { isHeldBackBook } from './held-back.ts';
import { readRows, type Service } from './service.ts';

const WINDOWS = 30;
/** Characters of a window. */
const LEAST = 1000;
const MOST = 1500;
/** Begins texts in the checkpoint's training. */
const BEGIN = '<|endoftext|>';
const PROMPTS = ['In this course, we will teach you how to', 'Once upon a time'];

interface Book {
  readonly title: string;
  readonly text: string;
}
interface Read {
  readonly text: string;
  /** Of its tokens, null where none is told. */
  readonly logprobs: readonly (number | null)[];
}
interface Told {
  readonly generated_text: string;
  readonly details: { readonly prefill: readonly { readonly logprob: number | null }[] };
}

/** `samples`: continuations to print, which nobody chose: the seeds count up. */
export async function textGeneration(service: Service, data: string, samples: number): Promise<void> {
  const books = await readRows<Book>(join(data, 'text', 'books.jsonl.gz'));
  const kept = books.filter(({ title }) => isHeldBackBook(title));
  const all: Read[] = [];
  for (const { title, text } of kept) {
    const read: Read[] = [];
    for (const window of windowsOf(text)) read.push({ text: window, logprobs: await logprobsOf(window, service) });
    console.log(`  ${title}: ${bitsPerByte(read).toFixed(3)} bits a byte`);
    all.push(...read);
  }
  const mean = bitsPerByte(all).toFixed(4);
  console.log(
    `text-generation      books kept back  ${mean} bits a byte  (${bytesOf(all)} bytes of ${kept.length} books)`,
  );
  for (let i = 0; i < samples; i++) {
    const inputs = PROMPTS[i % PROMPTS.length] ?? '';
    const parameters = { max_new_tokens: 60, seed: Math.floor(i / PROMPTS.length) + 1 };
    const [answer] = await service.ask<Told[]>('text-generation', { inputs, parameters });
    console.log(`  sample: ${JSON.stringify(answer?.generated_text)}`);
  }
}

/** Of all texts together, by the UTF-8 of each; what its first token is not told. */
export function bitsPerByte(read: readonly Read[]): number {
  const nats = read.flatMap(({ logprobs }) => logprobs).reduce<number>((sum, logprob) => sum - (logprob ?? 0), 0);
  return nats / Math.LN2 / bytesOf(read);
}

const bytesOf = (read: readonly Read[]) => read.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);

export function windowsOf(text: string): string[] {
  const paragraphs = text.split('\n\n');
  return Array.from({ length: WINDOWS }, (_, i) => {
    const held: string[] = [];
    let length = 0;
    for (const paragraph of paragraphs.slice(Math.floor((i * paragraphs.length) / WINDOWS))) {
      held.push(paragraph);
      length += Array.from(paragraph).length;
      if (length >= LEAST) break;
    }
    return Array.from(held.join('\n\n')).slice(0, MOST).join('');
  });
}

async function logprobsOf(window: string, service: Service): Promise<Read['logprobs']> {
  const parameters = { max_new_tokens: 1, do_sample: false, details: true, decoder_input_details: true };
  const [answer] = await service.ask<Told[]>('text-generation', { inputs: BEGIN + window, parameters });
  return (answer?.details.prefill ?? []).map(({ logprob }) => logprob);
}
