// What the requests of one isolate share: its settings, and the models that are open.

import { CacheGate } from '../cache-gate.ts';
import { ManifestReader } from '../model/manifest-reader.ts';
import { ModelStore } from '../model/model-store.ts';
import { TokenizerStore } from '../model/tokenizer-store.ts';
import { type Env, parseSettings, type Settings } from './settings.ts';

export interface Isolate {
  readonly settings: Settings;
  readonly manifests: ManifestReader;
  readonly models: ModelStore;
  readonly tokenizers: TokenizerStore;
  readonly caches: CacheGate;
}

// An isolate has one `env`; by it, tests can have several.
const isolates = new WeakMap<Env, Isolate>();

export function isolateOf(env: Env): Isolate {
  const known = isolates.get(env);
  if (known) return known;
  const settings = parseSettings(env);
  const manifests = new ManifestReader(settings.manifestTtl);
  const isolate = {
    settings,
    manifests,
    models: new ModelStore(manifests, settings.wasmBudget),
    tokenizers: new TokenizerStore(manifests),
    caches: new CacheGate(settings.limits.maxCacheMib * 2 ** 20),
  };
  isolates.set(env, isolate);
  return isolate;
}
