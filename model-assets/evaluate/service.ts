// The service under measure.

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

export class Service {
  readonly #origin: string;
  readonly #model: string | undefined;

  constructor(origin: string, model: string | undefined) {
    this.#origin = origin;
    this.#model = model;
  }

  /** Throws where nothing answers. */
  async check(): Promise<void> {
    const response = await fetch(`${this.#origin}/ready`).catch(() => undefined);
    if (!response?.ok) throw new Error(`nothing is ready at ${this.#origin}; start it with npm start`);
  }

  /** The model that is asked for a task: the one that was named, or the task's default. */
  async modelOf(task: string): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const tasks = (await (await fetch(`${this.#origin}/v1/tasks`)).json()) as {
      task: string;
      default_model: string | null;
    }[];
    const model = tasks.find((each) => each.task === task)?.default_model;
    if (!model) throw new Error(`no model is published for ${task}`);
    return model;
  }

  /** What a model's classes are called, in lower case. */
  async labelsOf(model: string): Promise<readonly string[]> {
    const response = await fetch(`${this.#origin}/v1/models/${model}`);
    if (!response.ok) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
    const { id2label } = (await response.json()) as { id2label: Record<string, string> };
    return Object.values(id2label).map((label) => label.toLowerCase());
  }

  async ask<T>(task: string, body: object): Promise<T> {
    const response = await fetch(`${this.#origin}/v1/${task}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, ...(this.#model !== undefined && { model: this.#model }) }),
    });
    if (!response.ok) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** An answer for each of the inputs, of which `size` go in a request; `body` is what else it says. */
  async askAll<T>(task: string, inputs: readonly unknown[], size: number, body: object = {}): Promise<T[]> {
    const answers: T[] = [];
    for (let at = 0; at < inputs.length; at += size)
      answers.push(...(await this.ask<T[]>(task, { ...body, inputs: inputs.slice(at, at + size) })));
    return answers;
  }
}

/** Gzipped JSON lines. Throws where there are none, and says whose they are. */
export async function readRows<T>(path: string): Promise<T[]> {
  const file = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    const message = `there is no ${path}; the data is not part of the project: --data <folder>, and --help says what must be in it`;
    throw new Error(message, { cause });
  });
  const lines = gunzipSync(file).toString('utf8').trim().split('\n');
  return lines.map((line): T => JSON.parse(line));
}
