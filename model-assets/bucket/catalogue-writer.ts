// Changes to the catalogue. Others may change it at the same time: each write holds the bucket to what was read before it.

import { CATALOGUE_KEY, type Catalogue, EMPTY_CATALOGUE, parseCatalogue } from '../../shared/model/catalogue.ts';
import type { Manifest } from '../../shared/model/manifest.ts';
import { manifestsIn } from './inventory.ts';
import type { ObjectStore } from './object-store.ts';

const ATTEMPTS = 20;

/** False where there is nothing to change. `change`: gives the catalogue as it should be, and may be asked several times. */
export async function changeCatalogue(
  store: ObjectStore,
  change: (catalogue: Catalogue) => Catalogue | Promise<Catalogue>,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await store.get(CATALOGUE_KEY);
    const known = stored && readable(stored.text);
    const catalogue = known ?? (stored ? await rebuild(store) : EMPTY_CATALOGUE);
    const next = await change(catalogue);
    if ((known || !stored) && isSame(catalogue, next)) return false;
    const expected = stored ? { etag: stored.etag } : 'nothing';
    if (await store.put(CATALOGUE_KEY, JSON.stringify(next), expected)) return true;
  }
  throw new Error(`the catalogue was changed by others at each of ${ATTEMPTS} attempts; run the command again`);
}

/** What is published; nothing where nothing ever was. */
export async function readCatalogue(store: ObjectStore): Promise<Catalogue> {
  const stored = await store.get(CATALOGUE_KEY);
  return stored ? (readable(stored.text) ?? rebuild(store)) : EMPTY_CATALOGUE;
}

function readable(text: string): Catalogue | undefined {
  try {
    return parseCatalogue(text);
  } catch {
    return undefined;
  }
}

/** A catalogue that is damaged, or of an older format, is made anew from the manifests; defaults are the first of each task. */
async function rebuild(store: ObjectStore): Promise<Catalogue> {
  let catalogue = EMPTY_CATALOGUE;
  for await (const { manifest } of manifestsIn(store)) if (manifest) catalogue = withModel(catalogue, manifest);
  return catalogue;
}

/** `isDefault`: for its task, whatever was. */
export function withModel(catalogue: Catalogue, { name, task, tags }: Manifest, isDefault = false): Catalogue {
  const cleared = withoutDefault(catalogue, name, task);
  const others = cleared.models.filter((model) => model.name !== name);
  return {
    ...cleared,
    models: [...others, { name, task, tags }],
    defaults: { ...cleared.defaults, [task]: isDefault ? name : toDefault(cleared, task, name) },
  };
}

/** Other tasks are served by others: a model that came back for another task is their default no more. */
function withoutDefault(catalogue: Catalogue, name: string, task: string): Catalogue {
  const others = catalogue.models.filter((model) => model.name !== name);
  const defaults = Object.entries(catalogue.defaults).flatMap(([each, model]) => {
    if (model !== name || each === task) return [[each, model] as const];
    const next = others.find((other) => other.task === each);
    return next ? [[each, next.name] as const] : [];
  });
  return { ...catalogue, defaults: Object.fromEntries(defaults) };
}

/** The next model of a task becomes its default where the one that goes was. */
export function withoutModel(catalogue: Catalogue, name: string): Catalogue {
  const cleared = withoutDefault(catalogue, name, '');
  return { ...cleared, models: cleared.models.filter((model) => model.name !== name) };
}

/** The default of a task stays, but for one whose weights were never trained: that is there until another comes. */
function toDefault({ models, defaults }: Catalogue, task: string, name: string): string {
  const present = models.find((model) => model.name === defaults[task]);
  return present && !present.tags.includes('seeded') ? present.name : name;
}

function isSame(a: Catalogue, b: Catalogue): boolean {
  const flat = ({ models, defaults }: Catalogue) =>
    JSON.stringify([
      models.map(({ name, task, tags }) => `${name} ${task} ${tags}`).sort(),
      Object.entries(defaults).sort(),
    ]);
  return flat(a) === flat(b);
}
