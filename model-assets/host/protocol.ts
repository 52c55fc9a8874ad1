// What the tool and the process that runs workerd for it say to one another.

import type { Manifest } from '../../shared/model/manifest.ts';
import type { Content } from '../content.ts';

export interface BucketRequest {
  readonly kind: 'bucket';
  /** Where wrangler keeps local state. */
  readonly state: string;
  readonly bucket: string;
}

/** One request to a model that is not published yet, in a Worker as it is deployed. */
export interface TrialRequest {
  readonly kind: 'trial';
  readonly manifest: Manifest;
  /** By sha256. */
  readonly blobs: ReadonlyMap<string, Content>;
  readonly body: unknown;
}

/** Gets ready for a trial run, which takes a second. */
export interface PrepareRequest {
  readonly kind: 'prepare';
}

export type HostRequest = BucketRequest | TrialRequest | PrepareRequest;

export type HostAnswer =
  | { readonly kind: 'bucket'; readonly origin: string }
  | { readonly kind: 'trial'; readonly status: number; readonly text: string }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'failed'; readonly message: string };

export interface Envelope<T> {
  readonly id: number;
  readonly message: T;
}
