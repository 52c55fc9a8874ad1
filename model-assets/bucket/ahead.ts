// Large blobs that are sent before it is known whether they are wanted: as parts of uploads, which nobody sees until they are completed, and
// which are taken away where it turns out that they are not. Where the tool is killed, the next run goes on with them, or gc ends them.

import type { BlobRef } from '../../shared/model/manifest.ts';
import { blobKey } from '../../shared/model/manifest.ts';
import type { Content } from '../content.ts';
import { abandon, putParts, type Upload } from './multipart.ts';
import type { Send } from './object-store.ts';

export class Ahead {
  readonly #send: Send;
  readonly #end = new AbortController();
  readonly #uploads = new Map<string, Promise<Upload | undefined>>();

  constructor(send: Send) {
    this.#send = send;
  }

  /** Begins, unless the blob is there; what goes wrong is said by whoever takes the upload. */
  begin(ref: BlobRef, content: Content, isThere: () => Promise<boolean>): void {
    const key = blobKey(ref);
    if (this.#uploads.has(key)) return;
    const upload = (async () => {
      if (await isThere()) return undefined;
      return putParts(this.#send, key, ref, content, () => undefined, this.#end.signal);
    })();
    upload.catch(() => undefined);
    this.#uploads.set(key, upload);
  }

  /** What was sent of a blob, when it has arrived; it is the caller's then. Undefined where nothing was. */
  async take(ref: BlobRef): Promise<Upload | undefined> {
    const key = blobKey(ref);
    const upload = this.#uploads.get(key);
    this.#uploads.delete(key);
    return upload;
  }

  /** Takes away what nobody has taken. */
  async withdraw(): Promise<void> {
    this.#end.abort();
    for (const [key, upload] of this.#uploads) {
      // One that has not arrived goes by itself.
      const arrived = await upload.catch(() => undefined);
      if (arrived) await abandon(this.#send, key, arrived.id);
    }
  }
}
