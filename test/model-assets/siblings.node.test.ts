// `npm run hooks`, `npm run evaluate` and `npm run deploy` as a person gives them: what they say, and how they end.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRemote } from '../../model-assets/bucket/remote.ts';
import { HOOKS_KEY, toHookFile } from '../../shared/webhooks/hook-file.ts';
import { S3Server } from './servers/s3-server.ts';
import { runOther } from './servers/tool.ts';

const HOOK = {
  name: 'mine',
  signature: { scheme: 'github', secrets: ['MY_SECRET'] },
  text: '/text',
  task: 'text-classification',
  else: 'nothing',
};
let bucket: S3Server;
let service: Server;
/** What the service says to anything. */
let answer: { readonly status: number; readonly body: object | string };
const asked: string[] = [];

beforeAll(async () => {
  bucket = await new S3Server().start();
  service = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, body } = answer;
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  asked.length = 0;
  await openRemote(bucket.account).put(HOOKS_KEY, toHookFile([HOOK]), undefined);
});
afterAll(async () => {
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  await bucket.close();
});

const origin = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

describe('hooks', () => {
  const env = () => ({ ...bucket.env, MY_SECRET: 'secret', WEBHOOK_ADMIN_TOKEN: 'token' });
  const hooks = (...args: string[]) => runOther('hooks', ['--remote', '--origin', origin(), ...args], env());

  test('--help, and how it may not be called', async () => {
    expect((await hooks('--help')).code).toBe(0);
    for (const [args, said] of [
      [[], 'a command is missing'],
      [['sned'], 'there is no command sned'],
      [['list', '--remot'], "Unknown option '--remot'"],
      [['list', 'mine'], 'it takes nothing, and was given mine'],
      [['remove'], 'it takes the names of hooks'],
      [['send'], 'it takes the name of a hook, and a file'],
      [['show', 'mine'], 'it takes the name of a hook and the id of an event, and was given mine'],
      [['listen', '--port', 'x'], '--port is "x"; it takes a whole number'],
    ] as const) {
      const { code, output, errors } = await hooks(...args);
      expect([code, output, errors], args.join(' ')).toEqual([2, '', expect.stringContaining(said)]);
      expect(errors, args.join(' ')).toContain('npm run hooks -- <command>');
    }
    expect(asked).toEqual([]);
  });

  test('remove ends with 1 where there is none of a name, and removes the others', async () => {
    const { code, output, errors } = await hooks('remove', 'mine', 'mien');
    expect([code, output]).toEqual([1, 'mine removed\n']);
    expect(errors).toBe('hooks: no hook mien is published; npm run hooks -- list shows those that are\n');
    expect(JSON.parse((await hooks('list')).output)).toEqual([]);
  });

  test('what the service refuses is shown, and ends with 1', async () => {
    for (const args of [
      ['send', 'mine', 'package.json'],
      ['show', 'mine', 'msg_1'],
      ['redeliver', 'mine'],
    ]) {
      answer = { status: 401, body: { error: 'no' } };
      const { code, output, errors } = await hooks(...args);
      expect([code, output, errors], args[0]).toEqual([
        1,
        expect.stringContaining('"no"'),
        expect.stringMatching(/^hooks: .*\n$/),
      ]);
      answer = { status: 200, body: { status: 'accepted' } };
      const well = await hooks(...args);
      expect([well.code, well.output, well.errors], args[0]).toEqual([0, expect.stringContaining('accepted'), '']);
    }
    expect((await hooks('send', 'mien', 'package.json')).code).toBe(1);
    expect(new Set(asked)).toEqual(
      new Set(['POST /webhooks/mine', 'GET /webhooks/mine/deliveries/msg_1', 'POST /webhooks/mine/redeliver']),
    );
  });

  test('redeliver goes on behind those that were sent again, and ends', async () => {
    const answers = [{ more: true, next: 'a/b' }, { more: true, next: 'c' }, { more: false }];
    answer = {
      status: 200,
      get body() {
        return answers[asked.length - 1] ?? {};
      },
    };
    expect((await hooks('redeliver', 'mine')).code).toBe(0);
    const path = 'POST /webhooks/mine/redeliver';
    expect(asked).toEqual([path, `${path}?after=a%2Fb`, `${path}?after=c`]);
  });

  test('a service that is not there, or is another, is said', async () => {
    const elsewhere = ['--origin', 'http://127.0.0.1:9'];
    expect((await hooks('send', 'mine', 'package.json', ...elsewhere)).errors).toMatch(
      /^hooks: nothing answers at http:\/\/127\.0\.0\.1:9 \(.+\); start it with npm start\n$/,
    );
    answer = { status: 404, body: '<html>' };
    expect(await hooks('show', 'mine', 'msg_1')).toEqual({
      code: 1,
      output: '',
      errors: `hooks: ${origin()} answers 404 with what is no JSON; --origin names the service\n`,
    });
  });
});

test('evaluate says in a line what is wrong', async () => {
  const evaluate = (...args: string[]) => runOther('evaluate', [...args, '--origin', origin()], {});
  expect((await evaluate('--help')).code).toBe(0);
  for (const [args, said] of [
    [['fill-mask', '--modle', 'x'], "Unknown option '--modle'"],
    [['fillmask'], 'there is no measure for fillmask'],
    [['fill-mask', '--wrong', 'x'], '--wrong is "x"; it takes a whole number'],
  ] as const) {
    const { code, errors } = await evaluate(...args);
    expect([code, errors]).toEqual([2, expect.stringContaining(`${said}`)]);
    expect(errors).toContain('npm run evaluate -- [task …]');
  }
  answer = { status: 503, body: {} };
  const { code, errors } = await evaluate('fill-mask');
  expect([code, errors]).toEqual([1, `evaluate: nothing is ready at ${origin()}; start it with npm start\n`]);
});

test('deploy says in a line what is wrong, and uploads nothing', async () => {
  const none = { CLOUDFLARE_ACCOUNT_ID: '', R2_ENDPOINT: '', R2_ACCESS_KEY_ID: '', R2_SECRET_ACCESS_KEY: '' };
  const deploy = (...args: string[]) => runOther('deploy', args, none);
  expect((await deploy('--help')).code).toBe(0);
  const { code, output, errors } = await deploy();
  expect([code, output]).toEqual([1, '']);
  expect(errors).toMatch(
    /^deploy: what is published cannot be read \(the bucket of your account needs CLOUDFLARE_ACCOUNT_ID .*\); --with-onnxruntime or --without-onnxruntime decides without it\n$/,
  );
  const both = await deploy('--with-onnxruntime', '--without-onnxruntime');
  expect([both.code, both.errors]).toEqual([2, expect.stringMatching(/^it takes .*, not both\n\nnpm run deploy -- /)]);
});
