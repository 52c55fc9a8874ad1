// The payload of an event: JSON, or a form's fields. Nesting is bounded before anything is parsed.

import { ServiceError } from '../errors.ts';

/** Deeper than any sender that is known nests. */
const MAX_DEPTH = 64;

/** Throws `unsupported_media_type`, `malformed_json`, `too_large`. No message carries a piece of the payload. */
export function parsePayload(type: string | null, body: Uint8Array): unknown {
  const [media = ''] = (type ?? '').toLowerCase().split(';');
  const isForm = media.trim() === 'application/x-www-form-urlencoded';
  if (!isForm && !/^application\/(?:[a-z0-9.+-]+\+)?json$/.test(media.trim())) {
    throw new ServiceError(
      'unsupported_media_type',
      'send application/json, or application/x-www-form-urlencoded for a form',
    );
  }
  const text = decode(body);
  if (isForm) return Object.fromEntries(new URLSearchParams(text));
  if (isDeeper(text, MAX_DEPTH)) {
    throw new ServiceError('too_large', `the payload is nested deeper than ${MAX_DEPTH}, which is what one may be`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('malformed_json', 'the payload is not JSON');
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    throw new ServiceError('malformed_json', 'the payload is not UTF-8');
  }
}

/** Counts brackets outside strings. What is not JSON may be counted wrongly, and is refused a moment later. */
function isDeeper(json: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (inString) {
      if (unit === 0x5c) i += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > most) return true;
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1;
  }
  return false;
}
