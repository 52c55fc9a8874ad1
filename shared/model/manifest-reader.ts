// Reads the catalogue and the manifests. Both change, so each is believed for an interval only: a new revision goes live
// when it has passed, without a deploy. While the bucket does not answer, what it said last is believed on.

import { ServiceError } from '../errors.ts';
import { BucketError, readObject } from './bucket.ts';
import { CATALOGUE_KEY, type Catalogue, EMPTY_CATALOGUE, parseCatalogue } from './catalogue.ts';
import { type Manifest, MODEL_NAME, manifestKey, parseManifest } from './manifest.ts';
import { Memo } from './memo.ts';
import { PATIENCE, patiently } from './patience.ts';

/** What reading needs of a request. */
export interface ManifestSource {
  readonly bucket: R2Bucket;
  waitUntil(promise: Promise<unknown>): void;
}

/** A bucket that does not answer is no reason to forget what it said. */
const isPassing = (error: unknown) => error instanceof BucketError;

export class ManifestReader {
  readonly #catalogue: Memo<Catalogue>;
  readonly #manifests: Memo<Manifest>;

  readonly #patience: number;

  /** `ttl`: how long an answer is believed, in milliseconds; `patience`: how long one is waited for. */
  constructor(ttl: number, patience = PATIENCE) {
    this.#patience = patience;
    this.#catalogue = new Memo(ttl, isPassing);
    this.#manifests = new Memo(ttl, isPassing);
  }

  /** What is published; nothing where nothing ever was. Throws `model_unavailable` where the catalogue is damaged. */
  readCatalogue({ bucket, waitUntil }: ManifestSource): Promise<Catalogue> {
    const read = async () => {
      const json = await readObject(bucket, CATALOGUE_KEY, (object) => object.text());
      return json === null ? EMPTY_CATALOGUE : parseCatalogue(json);
    };
    return this.#catalogue.get(CATALOGUE_KEY, () => patiently(read(), 'the catalogue', this.#patience), waitUntil);
  }

  /** Throws `not_found` where no such model is published, `model_unavailable` where its manifest is damaged. */
  read(name: string, { bucket, waitUntil }: ManifestSource): Promise<Manifest> {
    const read = async () => {
      // R2 has its own idea of what a key may be, and would fail on some.
      const json = MODEL_NAME.test(name)
        ? await readObject(bucket, manifestKey(name), (object) => object.text())
        : null;
      if (json !== null) return parseManifest(name, json);
      throw new ServiceError(
        'not_found',
        `no model ${name.slice(0, 200)} is published; GET /v1/models lists those that are`,
      );
    };
    const what = `the manifest of model ${name.slice(0, 200)}`;
    return this.#manifests.get(name, () => patiently(read(), what, this.#patience), waitUntil);
  }
}
