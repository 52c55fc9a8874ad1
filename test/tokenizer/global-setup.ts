// Reads, on Node, the files that the tokenizer's tests in workerd need.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type {} from './provided.ts';

const SHARED = join(import.meta.dirname, '../../../shared/tokenizers');
const COURSE = join(import.meta.dirname, '../../../shared/course.json');

export default function setup(project: TestProject): void {
  const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');
  project.provide('tokenizerVocabulary', read(import.meta.dirname, '../fixtures/tokenizer/vocab.txt'));
  project.provide('courseTokenizers', readCourse());
  const pipelines = join(import.meta.dirname, '../fixtures/tokenizer/pipelines');
  project.provide(
    'tokenizerPipelines',
    Object.fromEntries(
      readdirSync(pipelines)
        .filter((file) => file !== 'goldens.json')
        .map((file) => [file.replace('.json', ''), read(pipelines, file)]),
    ),
  );
  if (!existsSync(SHARED)) {
    console.warn(`SKIPPED: ${SHARED} is missing, so the tokenizer is not tested against real vocabularies`);
    project.provide('sharedTokenizers', null);
    return;
  }
  project.provide('sharedTokenizers', {
    vectors: read(SHARED, 'vectors.json'),
    uncasedJson: read(SHARED, 'bert-base-uncased/tokenizer.json'),
    casedVocabulary: read(SHARED, 'bert-base-cased/vocab.txt').trimEnd(),
    multilingualVocabulary: read(SHARED, 'bert-base-multilingual-cased/vocab.txt').trimEnd(),
    robertaJson: read(SHARED, 'roberta-base/tokenizer.json'),
    t5Json: read(SHARED, 't5-small/tokenizer.json'),
    gpt2Vocabulary: read(SHARED, 'gpt2/vocab.json'),
    gpt2Merges: read(SHARED, 'gpt2/merges.txt'),
    albertPieces: read(SHARED, 'albert-base-v2/vocab_pieces_scores.json'),
    debertaModel: readFileSync(join(SHARED, 'deberta-v3/spm.model'), 'base64'),
  });
}

function readCourse() {
  if (existsSync(COURSE)) return JSON.parse(readFileSync(COURSE, 'utf8')).tokenizer_examples;
  console.warn(`SKIPPED: ${COURSE} is missing, so the course's examples are not tested`);
  return null;
}
