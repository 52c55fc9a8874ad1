import { describe, expect, test } from 'vitest';
import type { GenerationConfig } from '../../shared/generate/config.ts';
import { stoppingOf } from '../../shared/generate/stopping.ts';
import { Decoder } from '../../shared/tokenizer/decoder.ts';
import type { Tokenizer } from '../../shared/tokenizer/tokenizer.ts';

const PIECES = ['one', ' two', ' th', 'ree', ' four.', '</s>', ' st', 'op'];
const tokenizer: Pick<Tokenizer, 'tokenOf'> = { tokenOf: (id) => PIECES[id] };
const decoder = new Decoder(tokenizer as Tokenizer, {
  steps: [{ type: 'Fuse' }],
  specialIds: [5],
  cleanUpTokenizationSpaces: true,
});
const stopOf = (stop: string[], promptLength = 0) =>
  stoppingOf({ eosIds: [5], maxLength: 6, stop } as unknown as GenerationConfig, promptLength, decoder);

describe('a row ends', () => {
  test('at the token that ends texts, before all else', () => {
    expect(stopOf(['</s>'])([0, 1, 5])).toBe('eos_token');
    expect(stopOf([])([0, 1, 2, 3, 4, 5])).toBe('eos_token');
  });

  test('at its length', () => {
    expect([4, 5, 6, 7].map((length) => stopOf([])(Array(length).fill(0)))).toEqual([null, null, 'length', 'length']);
  });

  test('at a string that lies across tokens, once it is whole', () => {
    const stop = stopOf(['wo three']);
    expect([[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]].map(stop)).toEqual([null, null, null, 'stop_sequence']);
  });

  test('at a string inside a token', () => {
    expect(stopOf(['our'])([0, 4])).toBe('stop_sequence');
    expect(stopOf(['x', 'r.'])([0, 4])).toBe('stop_sequence');
  });

  test('at a string of characters whose bytes are tokens', () => {
    // The bytes of three characters, as byte-level tokenizers write them.
    const bytes = [...'æĹ¥æľ¬èªŀ'];
    const byteLevel = new Decoder({ tokenOf: (id) => bytes[id] } as Pick<Tokenizer, 'tokenOf'> as Tokenizer, {
      steps: [{ type: 'ByteLevel' }],
      specialIds: [],
      cleanUpTokenizationSpaces: false,
    });
    const config = { eosIds: [], maxLength: 99, stop: ['日本語'.repeat(2)] } as unknown as GenerationConfig;
    const ids = Array.from({ length: 20 }, (_, i) => (i + 7) % 9);
    expect(byteLevel.decode(ids.slice(2))).toBe('日本語'.repeat(2));
    expect(stoppingOf(config, 0, byteLevel)(ids.slice(0, -1))).toBeNull();
    expect(stoppingOf(config, 0, byteLevel)(ids)).toBe('stop_sequence');
  });

  test('at a string between whose parts stand tokens without text', () => {
    const sparse = new Decoder({ tokenOf: (id) => ['a', '', 'b'][id] } as Pick<Tokenizer, 'tokenOf'> as Tokenizer, {
      steps: [{ type: 'Fuse' }],
      specialIds: [],
      cleanUpTokenizationSpaces: false,
    });
    const config = { eosIds: [], maxLength: 99, stop: ['ab'] } as unknown as GenerationConfig;
    expect(stoppingOf(config, 0, sparse)([0, 0, ...Array(40).fill(1), 2])).toBe('stop_sequence');
    expect(stoppingOf(config, 2, sparse)([0, 0, ...Array(40).fill(1), 2])).toBeNull();
  });

  test('not at a string of the prompt', () => {
    expect(stopOf([' stop'], 2)([6, 7, 0])).toBeNull();
    expect(stopOf([' stop'], 2)([6, 7, 6, 7])).toBe('stop_sequence');
  });

  test('at a long string, whatever came before', () => {
    const long = `${' st'.repeat(4)}op`;
    expect(stopOf([long])([...Array(200).fill(0), 6, 6, 6, 6, 7])).toBe('stop_sequence');
  });
});
