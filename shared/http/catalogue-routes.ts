// GET /v1/tasks, /v1/models, /v1/models/<model>: what is served, on what, and within which limits.

import type { Hono } from 'hono';
import { ServiceError } from '../errors.ts';
import { type Manifest, totalBytes } from '../model/manifest.ts';
import { productMode } from '../runtime/engine/open-engine.ts';
import type { Limits, Task } from '../task.ts';
import { isolateOf } from './isolate.ts';
import { method } from './method.ts';
import type { Env } from './settings.ts';
import { sourceOf } from './source.ts';

export function addCatalogueRoutes(
  app: Hono<{ Bindings: Env }>,
  tasks: readonly Pick<Task, 'name' | 'aliases' | 'summary'>[],
): void {
  method(app, 'GET', '/v1/tasks', async (c) => {
    const { settings, manifests } = isolateOf(c.env);
    const { defaults } = await manifests.readCatalogue(sourceOf(c));
    const limits = toLimits(settings.limits);
    return c.json(
      tasks.map(({ name, aliases, summary }) => ({
        task: name,
        aliases,
        summary,
        route: `/v1/${name}`,
        default_model: defaults[name] ?? null,
        limits,
      })),
    );
  });
  method(app, 'GET', '/v1/models', async (c) => {
    const { manifests, models } = isolateOf(c.env);
    const source = sourceOf(c);
    const catalogue = await manifests.readCatalogue(source);
    const published = catalogue.models.map(async ({ name, task, tags }) => {
      try {
        const [bytes, open] = [models.bytesOf(name), models.open.includes(name)];
        return { ...summarize(await manifests.read(name, source)), open, wasm_bytes: bytes ?? null };
      } catch (error) {
        // One that is damaged does not hide the others.
        if (error instanceof ServiceError) return { model: name, task, tags, error: error.message };
        throw error;
      }
    });
    return c.json(await Promise.all(published));
  });
  method(app, 'GET', '/v1/models/:model{.+}', async (c) => {
    return c.json(toWire(await isolateOf(c.env).manifests.read(c.req.param('model') ?? '', sourceOf(c))));
  });
}

function toLimits(limits: Limits) {
  return {
    max_body_bytes: limits.maxBodyBytes,
    max_inputs: limits.maxInputs,
    max_tokens: limits.maxTokens,
    max_new_tokens: limits.maxNewTokens,
    max_beams: limits.maxBeams,
    max_decoder_mib: limits.maxDecoderMib,
    max_cache_mib: limits.maxCacheMib,
    max_model_mib: limits.maxModelMib,
  };
}

function summarize(manifest: Manifest) {
  const { name, task, revision, architecture, description, license, tags, maxLength, engine } = manifest;
  return {
    model: name,
    task,
    revision,
    architecture,
    description,
    license,
    tags,
    max_length: maxLength,
    bytes: totalBytes(manifest),
    engine: {
      name: engine.name,
      reason: engine.reason,
      ...(engine.name === 'edge' && { attention: engine.attention ?? 'float', product_mode: productMode() }),
    },
  };
}

function toWire(manifest: Manifest) {
  const id2label = Object.fromEntries(manifest.id2label.entries());
  return {
    ...summarize(manifest),
    id2label,
    origin: manifest.origin,
    tokenizer: manifest.tokenizer,
    graphs: manifest.graphs,
    program: manifest.engine.name === 'edge' ? manifest.engine.program : null,
  };
}
