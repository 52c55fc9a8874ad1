// The parts of which a hook is made, each by itself.

import { describe, expect, test } from 'vitest';
import { faultOfUrl } from '../../shared/webhooks/destination-url.ts';
import { parseHook } from '../../shared/webhooks/hook.ts';
import { isMeant, pickTexts } from '../../shared/webhooks/pick.ts';
import { resolve } from '../../shared/webhooks/pointer.ts';
import { choose } from '../../shared/webhooks/rules.ts';
import { nextDue, parseRetryAfter, queueDelay } from '../../shared/webhooks/schedule.ts';
import { fill, pointersOf } from '../../shared/webhooks/template.ts';
import { hookOf } from './worker.ts';

describe('a pointer', () => {
  // The examples of RFC 6901, section 5.
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  };
  test.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/foo/2', undefined],
    ['/foo/-', undefined],
    ['/foo/00', undefined],
    ['/foo/length', undefined],
    ['/foo/0/0', undefined],
    ['/nothing/at/all', undefined],
    ['/toString', undefined],
  ])('"%s"', (path, value) => {
    expect(resolve(document, path)).toEqual(value);
  });
});

test('a template', () => {
  const template = '{{{/a}}} {/b~1c} {} {x} }}{{';
  expect(pointersOf(template)).toEqual(['/a', '/b~1c']);
  expect(fill(template, (path) => `<${path}>`)).toBe('{</a>} </b~1c> {} {x} }{');
  // What is filled in is not read again.
  expect(fill('{/a}', () => '{/b} $& $1')).toBe('{/b} $& $1');
});

describe('what is picked', () => {
  const hook = (changes: object) => parseHook(hookOf(changes), false);

  test('of a template, what is missing or null is empty, and nothing at all is refused', () => {
    const { text: _, ...rest } = hookOf({ template: '{/title}\n\n{/body}' });
    const picks = (payload: unknown) => pickTexts(parseHook(rest, false), payload);
    expect(picks({ title: 'a', body: null })).toEqual(['a\n\n']);
    expect(picks({ title: 'a', body: 'b' })).toEqual(['a\n\nb']);
    expect(() => picks({ body: ' ' })).toThrow('the payload has none of the texts of the template');
    expect(() => picks({ title: 7 })).toThrow('/title of the payload is a number; it must be a string');
  });

  test('of several pointers, as many texts', () => {
    expect(pickTexts(hook({ text: ['/a/0', '/b'] }), { a: ['x'], b: 'y' })).toEqual(['x', 'y']);
  });

  test('only where `when` is met', () => {
    const picky = hook({ when: { '/action': ['opened', 'reopened'], '/comment': [null], '/n': [1, true] } });
    expect(isMeant(picky, { action: 'opened', n: 1 })).toBe(true);
    expect(isMeant(picky, { action: 'opened', n: true, comment: null })).toBe(true);
    for (const payload of [
      {},
      { action: 'closed', n: 1 },
      { action: 'opened', n: '1' },
      { action: 'opened', n: 1, comment: {} },
      null,
      7,
    ]) {
      expect(isMeant(picky, payload)).toBe(false);
    }
  });
});

describe('a URL', () => {
  test.each([
    'https://example.com/hooks',
    'https://example.com:8443/hooks?a=b',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://172.15.255.255/',
    'https://172.32.0.0/',
    'https://100.63.255.255/',
    'https://internal.example.com/',
  ])('%s may be delivered to', (url) => {
    expect(faultOfUrl(url, false)).toBeUndefined();
  });

  test.each([
    ['http://example.com/', 'must be https'],
    ['ftp://example.com/', 'must be https'],
    ['/hooks', 'must be an absolute URL'],
    ['https://user:word@example.com/', 'user name'],
    ['https://10.0.0.1/', 'private'],
    ['https://172.16.0.1/', 'private'],
    ['https://172.31.255.255/', 'private'],
    ['https://192.168.1.1/', 'private'],
    ['https://169.254.169.254/latest/meta-data', 'private'],
    ['https://100.64.0.1/', 'private'],
    ['https://0.0.0.0/', 'private'],
    ['https://255.255.255.255/', 'private'],
    ['https://224.0.0.1/', 'private'],
    ['https://[fe80::1]/', 'private'],
    ['https://[fc00::1]/', 'private'],
    ['https://[fd12:3456::1]/', 'private'],
    ['https://[::]/', 'private'],
    ['https://[ff02::1]/', 'private'],
    ['https://[::ffff:10.0.0.1]/', 'private'],
    ['https://[64:ff9b::a00:1]/', 'private'],
    ['https://[2002:a00:1::]/', 'private'],
    ['https://[2001:db8::1]/', 'private'],
    ['https://[2001::1]/', 'private'],
    ['https://0x0a000001/', 'private'],
    ['https://167772161/', 'private'],
    ['https://012.0.0.1/', 'private'],
    ['https://10.1/', 'private'],
    ['https://１０.0.0.1/', 'private'],
    ['https://10.0.0.1./', 'private'],
    ['https://router/', 'private'],
    ['https://printer.local/', 'private'],
    ['https://metadata.google.internal/', 'private'],
    ['https://nas.home.arpa/', 'private'],
    ['https://127.0.0.1/', 'this machine itself'],
    ['https://localhost/', 'this machine itself'],
    ['https://localhost./', 'this machine itself'],
    ['https://a.localhost/', 'this machine itself'],
    ['https://[::1]/', 'this machine itself'],
    ['http://2130706433/', 'this machine itself'],
  ])('%s may not', (url, reason) => {
    expect(faultOfUrl(url, false)).toContain(reason);
  });

  test('of this machine, in development only, and nothing else that is not https', () => {
    for (const url of ['http://127.0.0.1:8788/hooks', 'http://localhost:1/', 'http://[::1]:1/', 'https://127.1/']) {
      expect(faultOfUrl(url, true)).toBeUndefined();
    }
    for (const url of [
      'http://example.com/',
      'http://10.0.0.1/',
      'https://192.168.0.1/',
      'http://[::ffff:127.0.0.1]/',
    ]) {
      expect(faultOfUrl(url, true)).toBeDefined();
    }
  });
});

describe('rules', () => {
  const hook = parseHook(
    hookOf({
      rules: [
        { label: 'spam', score: 0.8, to: 'nothing' },
        { label: ['angry', 'sad'], to: 'inbox' },
        { score: 0.95, to: 'nothing' },
      ],
    }),
    false,
  );
  const scored = (scores: Record<string, number>) => Object.entries(scores).map(([label, score]) => ({ label, score }));

  test.each([
    [{ spam: 0.8, ham: 0.2 }, 0],
    [{ spam: 0.79, angry: 0.1 }, null],
    [{ ham: 0.4, angry: 0.6 }, 1],
    [{ ham: 0.9, angry: 0.1 }, null],
    [{ ham: 0.96, angry: 0.04 }, 2],
    [{}, null],
  ])('%o', (scores, rule) => {
    expect(choose(hook, [scored(scores)]).rule).toBe(rule);
  });

  test('are met by any of several texts, in the order of the rules', () => {
    expect(choose(hook, [scored({ angry: 1 }), scored({ spam: 0.9 })])).toEqual({ rule: 0, to: 'nothing' });
  });

  test('read entities by their groups', () => {
    const entities = [{ entity_group: 'spam', score: 0.9, word: 'a', start: 0, end: 1 }];
    expect(choose(hook, [entities]).rule).toBe(0);
  });
});

describe('the schedule', () => {
  test('adds up to a tenth, so that not all come at once', () => {
    expect(nextDue([5, 300], 1, 1000, 0, () => 0)).toBe(6000);
    expect(nextDue([5, 300], 2, 1000, 0, () => 1)).toBe(331_000);
    expect(nextDue([5, 300], 3, 1000)).toBeUndefined();
    expect(nextDue([], 1, 1000)).toBeUndefined();
  });

  test.each([
    [null, undefined],
    ['0', 0],
    ['120', 120_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 59_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['tomorrow', undefined],
  ])('Retry-After: %s', (header, expected) => {
    expect(parseRetryAfter(header, 1000)).toBe(expected);
  });

  test('leaves to the sweep what no queue holds back', () => {
    expect(queueDelay(1500, 1000)).toBe(1);
    expect(queueDelay(500, 1000)).toBe(0);
    expect(queueDelay(43_200_000, 0)).toBe(43_200);
    expect(queueDelay(43_200_001, 0)).toBeUndefined();
  });
});

describe('a hook', () => {
  test('is completed with what the specification says', () => {
    const hook = parseHook(hookOf(), false);
    expect(hook).toMatchObject({ mode: 'async', timeout_seconds: 15, keep_days: 30, when: {}, rules: [] });
    expect(hook.retries_seconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  });

  test.each([
    [{ name: 'With Spaces' }, 'name must be lower-case letters'],
    [{ name: '__proto__' }, 'name must be lower-case letters'],
    [{ surprise: 1 }, 'the body has no surprise; it takes'],
    [{ signature: { scheme: 'md5', secrets: ['A'] } }, 'signature.scheme must be standard-webhooks, github'],
    [{ signature: { scheme: 'github', secrets: [] } }, 'signature.secrets'],
    [{ signature: { scheme: 'github', secrets: ['whsec_abc'] } }, 'must be the name of a secret'],
    [
      { signature: { scheme: 'github', secrets: ['A'], tolerance_seconds: 60 } },
      'does not go with github, which signs no time',
    ],
    [{ text: 'no pointer' }, 'must be a JSON Pointer'],
    [{ text: null }, 'text or template must say which text is classified'],
    [{ template: '{/a}' }, 'text or template must say which text is classified, and not both'],
    [{ text: null, template: 'no pointer' }, 'template must have a pointer in braces'],
    [{ id: '/id' }, 'id does not go with standard-webhooks'],
    [{ id: '/id', signature: { scheme: 'stripe', secrets: ['A'] } }, 'id does not go with stripe'],
    [{ id: '/id', signature: { scheme: 'slack', secrets: ['A'] } }, 'id does not go with slack'],
    [{ signature: { scheme: 'github', secrets: ['MAX_INPUTS'] } }, "that one is the Worker's own"],
    [{ destinations: { inbox: { queue: 'WEBHOOKS' } } }, 'destinations.inbox'],
    [
      {
        signature: { scheme: 'slack', secrets: ['A'], tolerance_seconds: 86_400 },
        retries_seconds: [5],
        keep_days: 2,
      },
      'keep_days must be more than twice tolerance_seconds',
    ],
    [{ else: 'nowhere' }, 'nowhere is no destination; there are inbox, nothing, answer'],
    [{ else: 'toString' }, 'toString is no destination'],
    [{ else: 'answer' }, 'answer goes with mode sync only'],
    [{ rules: [{ label: 'a', score: 2, to: 'inbox' }] }, 'rules[0].score'],
    [
      { destinations: { inbox: { url: 'http://example.com', secrets: ['A'] } } },
      'destinations.inbox.url must be https',
    ],
    [{ destinations: { inbox: { url: 'https://10.0.0.1', secrets: ['A'] } } }, 'an address of a private network'],
    [{ destinations: { inbox: { url: 'https://example.com' } } }, 'destinations.inbox'],
    [{ destinations: { inbox: { queue: 'A' }, answer: { queue: 'A' } } }, 'destinations.answer must have another name'],
    [{ retries_seconds: [-1] }, 'retries_seconds[0]'],
    [{ keep_days: 3 }, 'keep_days must be more than the 3.1 days over which deliveries are retried'],
    [{ task: 'text-generation' }, 'task must be text-classification'],
  ])('is refused, %o', (changes, message) => {
    expect(() => parseHook(hookOf(changes), false)).toThrow(message);
  });
});
