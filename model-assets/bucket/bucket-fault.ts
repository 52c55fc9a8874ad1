// What a bucket says when it refuses, and what would be right.

import * as z from 'zod/mini';
import { parseXml } from './xml.ts';

const body = z.object({ Error: z.object({ Code: z.string(), Message: z.optional(z.string()) }) });

const KEYS = 'R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY must be those of a token that may write objects to this bucket';

/** By the code of the answer. */
const CURES: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: KEYS,
  SignatureDoesNotMatch: KEYS,
  AccessDenied: KEYS,
  Unauthorized: KEYS,
  NoSuchBucket: 'npx wrangler r2 bucket create <name> makes it; R2_BUCKET names another than wrangler.toml',
  RequestTimeTooSkewed: "this machine's clock is wrong",
  XAmzContentSHA256Mismatch: 'the bytes were altered on the way; run the command again',
};

export class BucketFault extends Error {
  override readonly name = 'BucketFault';
  readonly code: string;

  constructor(status: number, what: string, text: string) {
    const { code, message } = parse(text);
    const cure = CURES[code];
    super(`the bucket refuses ${what}: ${status} ${code}${message && `, ${message}`}${cure ? ` (${cure})` : ''}`);
    this.code = code;
  }
}

function parse(text: string): { readonly code: string; readonly message: string } {
  try {
    const { Code: code, Message: message = '' } = body.parse(parseXml(text)).Error;
    return { code, message };
  } catch {
    return { code: '', message: text.slice(0, 200) };
  }
}
