// Compares with what reference.py wrote: ids, offsets, word and type ids, and with its decoded.jsonl pieces and decoded texts. Prints the
// number of texts and of those that differ.
//
//   node test/tokenizer/corpus/compare.ts <tokenizer.json> <texts.jsonl> <answers.bin> [how many differences to show] [decoded.jsonl]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTokenizer } from '../../../model-assets/tokenizer/compile-tokenizer.ts';
import { readDecoder } from '../../../model-assets/tokenizer/decoder-json.ts';
import { Decoder } from '../../../shared/tokenizer/decoder.ts';
import { createTokenizer } from '../../../shared/tokenizer/tokenizer.ts';

const [json = '', textsFile = '', answersFile = '', show = '3', decodedFile] = process.argv.slice(2);
const wasm = readFileSync(join(import.meta.dirname, '../../../shared/tokenizer/tokenizer.wasm'));
const compiled = compileTokenizer(readFileSync(json, 'utf8'));
const tokenizer = createTokenizer(new WebAssembly.Module(wasm), compiled);
const texts = readFileSync(textsFile, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as string);
const file = readFileSync(answersFile);
const answers = new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));

const source = JSON.parse(readFileSync(json, 'utf8'));
const specialIds = source.added_tokens
  .filter(({ special }: { special: boolean }) => special)
  .map(({ id }: { id: number }) => id);
const decoder = new Decoder(tokenizer, {
  steps: readDecoder(source.decoder),
  specialIds,
  cleanUpTokenizationSpaces: false,
});
const [pieces, ...decoded] = decodedFile ? readFileSync(decodedFile, 'utf8').trimEnd().split('\n') : [];
if (pieces) {
  const wrongPieces = (JSON.parse(pieces) as (string | null)[]).filter(
    (piece, id) => piece !== (tokenizer.tokenOf(id) ?? null),
  );
  console.log(`${json}: ${wrongPieces.length} pieces differ`);
}

let at = 0;
let wrong = 0;
let wrongText = 0;
for (const [i, text] of texts.entries()) {
  const count = answers[at] ?? 0;
  const expected = answers.subarray(at + 1, at + 1 + 5 * count);
  at += 1 + 5 * count;
  const [e] = tokenizer.encode(i % 4 === 3 ? [text, texts[i - 1] ?? ''] : text);
  if (e === undefined) throw new Error('no encoding');
  const line = decoded[i];
  if (line !== undefined) {
    const ours = decoder.decode(e.ids, { skipSpecialTokens: i % 2 === 1 });
    if (ours !== JSON.parse(line) && wrongText++ < Number(show)) console.log('decoded', line, JSON.stringify(ours));
  }
  const found = Array.from(e.ids).flatMap((id, n) => [
    ...[id, e.offsets[2 * n] ?? 0, e.offsets[2 * n + 1] ?? 0, (e.wordIds[n] ?? 0) >>> 0, e.typeIds[n] ?? 0],
  ]);
  if (found.length === expected.length && found.every((n, k) => n === expected[k])) continue;
  if (wrong++ < Number(show)) {
    const first = found.findIndex((n, k) => n !== expected[k]);
    const from = Math.max(0, Math.floor((first < 0 ? found.length : first) / 5) * 5 - 5);
    console.log(`text ${i}: ${JSON.stringify(text.slice(0, 300))}`);
    console.log('  expected', expected.subarray(from, from + 20).join(' '));
    console.log('  found   ', found.slice(from, from + 20).join(' '));
    console.log(
      '  tokens  ',
      found
        .slice(from, from + 20)
        .flatMap((n, k) => (k % 5 ? [] : [tokenizer.tokenOf(n)]))
        .join(' | '),
    );
  }
}
console.log(`${json}: ${texts.length} texts, ${wrong} differ; ${compiled.length} bytes compiled`);
if (pieces) console.log(`${json}: ${decoded.length} decoded, ${wrongText} differ`);
