// The reference of what a Worker serves, as OpenAPI 3.1, whose schemas are JSON Schema: the tasks' own.

import * as z from 'zod/mini';
import type { Task } from '../task.ts';

type Documented = Pick<Task, 'name' | 'aliases' | 'summary' | 'input' | 'output' | 'example' | 'models'>;

const error = {
  type: 'object',
  required: ['error', 'error_type', 'request_id'],
  properties: {
    error: { type: 'string', description: 'What is wrong, and what would be right' },
    error_type: { type: 'string' },
    request_id: { type: 'string' },
  },
};

export function toOpenApi(tasks: readonly Documented[]) {
  return {
    openapi: '3.1.0',
    info: { title: 'edge-pipelines', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: Object.fromEntries(
      tasks.flatMap((task) =>
        [task.name, ...task.aliases].map((name) => [`/v1/${name}`, { post: operation(task, name) }]),
      ),
    ),
    components: { schemas: { Error: error } },
  };
}

function operation({ name, summary, input, output, example, models }: Documented, route: string) {
  return {
    operationId: route,
    summary: route === name ? summary : `Alias of /v1/${name}`,
    requestBody: { required: true, content: json({ schema: withModel(input, models === 'own'), example }) },
    responses: {
      200: { description: 'The answer', content: json({ schema: z.toJSONSchema(output) }) },
      default: { description: 'An error', content: json({ schema: { $ref: '#/components/schemas/Error' } }) },
    },
  };
}

/** `hasDefault`: whether models are published for the task, one of which answers where none is named. */
function withModel(input: z.ZodMiniType, hasDefault: boolean) {
  const { properties, required = [], ...schema } = z.toJSONSchema(input, { io: 'input' });
  const description = `A name of GET /v1/models${hasDefault ? '; the default is the model of the task' : ''}`;
  return {
    ...schema,
    properties: { model: { type: 'string', description }, ...properties },
    required: hasDefault ? required : ['model', ...required],
  };
}

const json = (content: object) => ({ 'application/json': content });
