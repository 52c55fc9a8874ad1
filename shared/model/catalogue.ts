// The catalogue: which models are published, and which one serves a task that was asked for without naming a model.

import * as z from 'zod/mini';
import { ServiceError } from '../errors.ts';

const catalogue = z.strictObject({
  format: z.literal(1),
  models: z.array(z.strictObject({ name: z.string(), task: z.string(), tags: z.array(z.string()) })),
  /** The default model of a task. */
  defaults: z.record(z.string(), z.string()),
});

export type Catalogue = z.output<typeof catalogue>;

export const CATALOGUE_KEY = 'catalogue.json';
export const EMPTY_CATALOGUE: Catalogue = { format: 1, models: [], defaults: {} };

/** Parses the catalogue's JSON. Throws `model_unavailable` where it is not one. */
export function parseCatalogue(json: string): Catalogue {
  try {
    return catalogue.parse(JSON.parse(json));
  } catch (cause) {
    throw new ServiceError('model_unavailable', 'the catalogue of models cannot be read; publish a model again', {
      cause,
    });
  }
}
