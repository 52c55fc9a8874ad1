// The tokenizers of models that nobody has to run: a millisecond to open where a model takes hundreds, and a few megabytes,
// whatever they were given to encode.

import { Decoder } from '../tokenizer/decoder.ts';
import { openTokenizer } from '../tokenizer/open-tokenizer.ts';
import { type BlobSource, readBlob } from './blobs.ts';
import type { ManifestReader } from './manifest-reader.ts';
import { type Model, unavailable } from './open-model.ts';
import { PATIENCE, patiently } from './patience.ts';

/** What a model is without its sessions. */
export type TextModel = Pick<Model, 'manifest' | 'tokenizer' | 'decoder'>;

/** How many are kept; the one used least recently goes. */
const KEPT = 4;

export class TokenizerStore {
  readonly #manifests: ManifestReader;
  readonly #patience: number;
  /** By revision, least recently used first. */
  readonly #open = new Map<string, Promise<TextModel>>();

  /** `patience`: milliseconds that a request waits for one to open. */
  constructor(manifests: ManifestReader, patience = PATIENCE) {
    this.#manifests = manifests;
    this.#patience = patience;
  }

  /** Of the newest published revision. Throws `not_found` or `model_unavailable`, and does not remember it. */
  async open(name: string, source: BlobSource): Promise<TextModel> {
    const manifest = await this.#manifests.read(name, source);
    const key = `${name} ${manifest.revision}`;
    const known = this.#open.get(key);
    this.#open.delete(key);
    const model = known ?? openText(manifest, source);
    this.#open.set(key, model);
    for (const old of [...this.#open.keys()].slice(0, -KEPT)) this.#open.delete(old);
    const forget = () => {
      if (this.#open.get(key) === model) this.#open.delete(key);
    };
    source.waitUntil(model.catch(forget));
    try {
      return await patiently(model, `model ${name}`, this.#patience);
    } catch (error) {
      forget();
      throw error;
    }
  }
}

async function openText(manifest: TextModel['manifest'], source: BlobSource): Promise<TextModel> {
  try {
    const tokenizer = openTokenizer(await readBlob(source, manifest.tokenizer));
    return { manifest, tokenizer, decoder: new Decoder(tokenizer, manifest.decoding) };
  } catch (cause) {
    throw unavailable(manifest.name, cause);
  }
}
