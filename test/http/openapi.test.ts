// The reference says what the Worker does: its examples are answered, and its schemas take and refuse what the routes do.

import { beforeAll, expect, test } from 'vitest';
import { publishSeeded } from '../seeded/worker.ts';
import { isolate, post, publishTinyBert, send } from './worker.ts';

interface Operation {
  readonly requestBody: {
    readonly content: { readonly 'application/json': { readonly schema: Schema; readonly example: unknown } };
  };
  readonly responses: Record<string, { readonly content: Record<string, { readonly schema: Schema }> }>;
}
interface Schema {
  readonly type?: string;
  readonly required?: string[];
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: boolean;
}

/** Without a default model: their bodies name one. */
const BARE = ['forward', 'tokenize', 'detokenize'];
const on = isolate();
let paths: Record<string, { readonly post: Operation }> = {};

beforeAll(async () => {
  await publishTinyBert({ name: 'minilm-sst2' });
  const document = await (await send('/openapi.json', {}, on)).json<{ openapi: string; paths: typeof paths }>();
  expect(document.openapi).toBe('3.1.0');
  paths = document.paths;
});

test('its examples are answered', async () => {
  const tasks = await (await send('/v1/tasks', {}, on)).json<{ task: string; aliases: string[] }[]>();
  for (const { task, aliases } of tasks) {
    if (!BARE.includes(task)) await publishSeeded(task);
    for (const path of [task, ...aliases].map((name) => `/v1/${name}`)) {
      const { example } = paths[path]?.post.requestBody.content['application/json'] ?? {};
      const response = await post(path, example, on);
      expect(response.status, `${path}: ${await response.text()}`).toBe(200);
    }
  }
});

test('a body: what must be there, what may, and nothing else', () => {
  const { schema } = paths['/v1/text-classification']?.post.requestBody.content['application/json'] ?? {};
  expect(schema).toMatchObject({ type: 'object', required: ['inputs'], additionalProperties: false });
  expect(Object.keys(schema?.properties ?? {})).toEqual(['model', 'inputs', 'parameters']);
});

test.each(BARE)('the body of %s names a model', (task) => {
  const { schema } = paths[`/v1/${task}`]?.post.requestBody.content['application/json'] ?? {};
  expect(schema?.required).toContain('model');
});

test('an answer and an error', () => {
  const { responses } = paths['/v1/text-classification']?.post ?? {};
  expect(responses?.[200]?.content['application/json']?.schema).toMatchObject({ type: 'array' });
  expect(responses?.default?.content['application/json']?.schema).toEqual({ $ref: '#/components/schemas/Error' });
});
