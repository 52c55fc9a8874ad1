// Cases that fuzz/fuzz.ts kept: those that reached a branch of the module first, and those that found something, each with what it was.
// They are written by `node test/tokenizer/fuzz/fuzz.ts 0.5 21 test/tokenizer/fuzz/kept.json 10`, and findings.json by hand.

import { describe, expect, inject, test } from 'vitest';
import type { WasmExports } from '../../shared/tokenizer/instance.ts';
import module from '../../shared/tokenizer/tokenizer.wasm';
import { compileBase } from './fuzz/bases.ts';
import { type Case, fileOf, isSound } from './fuzz/case.ts';
import { examine } from './fuzz/examine.ts';
import findings from './fuzz/findings.json' with { type: 'json' };
import kept from './fuzz/kept.json' with { type: 'json' };
import type {} from './provided.ts';

const instantiate = () => new WebAssembly.Instance(module).exports as unknown as WasmExports;
const bases = new Map<string, Uint8Array>();

function addBase(name: string): void {
  if (!bases.has(name)) bases.set(name, compileBase(name, inject('tokenizerPipelines'), inject('tokenizerVocabulary')));
}

function examineCase(item: Case) {
  for (const name of [item.base, ...item.swaps.map(([, base]) => base)]) addBase(name);
  return examine(instantiate, fileOf(item, bases), item.calls, isSound(item));
}

test('what reached a branch first', () => {
  const outcomes = (kept as unknown as Case[]).map(examineCase);
  expect(outcomes.filter(({ opened }) => opened).length).toBeGreaterThan(50);
  expect(outcomes.filter(({ opened }) => !opened).length).toBeGreaterThan(20);
});

describe('what found something', () => {
  test.each(findings as unknown as { what: string; case: Case }[])('$what', (finding) => {
    examineCase(finding.case);
  });
});
