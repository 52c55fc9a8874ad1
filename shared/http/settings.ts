// The Worker's bindings and variables, turned into typed settings. README.md, "Configuration", explains each.

import { ServiceError } from '../errors.ts';
import { DEFAULTS } from '../model/defaults.ts';
import { mostFor } from '../model/model-store.ts';
import type { Limits } from '../task.ts';

export interface Env {
  readonly MODELS: R2Bucket;
  /** Events of webhooks, and the queue that wakes them up. */
  readonly EVENTS?: R2Bucket;
  readonly WEBHOOKS?: Queue;
  readonly MANIFEST_TTL_SECONDS?: string;
  readonly WASM_BUDGET_MIB?: string;
  readonly MAX_BODY_BYTES?: string;
  readonly MAX_INPUTS?: string;
  readonly MAX_TOKENS?: string;
  readonly MAX_NEW_TOKENS?: string;
  readonly MAX_BEAMS?: string;
  readonly MAX_DECODER_MIB?: string;
  readonly MAX_CACHE_MIB?: string;
  readonly WEBHOOK_BODY_SECONDS?: string;
  readonly WEBHOOK_GRACE_SECONDS?: string;
  /** A secret. */
  readonly WEBHOOK_ADMIN_TOKEN?: string;
  /** `true` where deliveries may go to the machine itself: in development. */
  readonly WEBHOOK_LOOPBACK?: string;
}

export interface Settings {
  /** How long a manifest is believed, in milliseconds. */
  readonly manifestTtl: number;
  /** WASM memory that open models may hold, in bytes. */
  readonly wasmBudget: number;
  readonly limits: Limits;
  readonly webhooks: WebhookSettings;
}

export interface WebhookSettings {
  /** Milliseconds that a sender may take for its body. */
  readonly bodyTimeout: number;
  /** Milliseconds that the queue is given to wake an event up, before the sweep does it. */
  readonly grace: number;
  readonly allowsLoopback: boolean;
}

/** Throws where a variable is not a number: a Worker that is set up wrongly must not seem to work. */
export function parseSettings(env: Env): Settings {
  const wasmBudget = number('WASM_BUDGET_MIB', env.WASM_BUDGET_MIB, DEFAULTS.WASM_BUDGET_MIB) * 2 ** 20;
  return {
    manifestTtl: number('MANIFEST_TTL_SECONDS', env.MANIFEST_TTL_SECONDS, DEFAULTS.MANIFEST_TTL_SECONDS) * 1000,
    wasmBudget,
    limits: {
      maxBodyBytes: number('MAX_BODY_BYTES', env.MAX_BODY_BYTES, 2 ** 20),
      maxInputs: number('MAX_INPUTS', env.MAX_INPUTS, 128),
      maxTokens: number('MAX_TOKENS', env.MAX_TOKENS, 16384),
      maxNewTokens: number('MAX_NEW_TOKENS', env.MAX_NEW_TOKENS, 2048),
      maxBeams: number('MAX_BEAMS', env.MAX_BEAMS, 8),
      maxDecoderMib: number('MAX_DECODER_MIB', env.MAX_DECODER_MIB, 100_000),
      maxCacheMib: number('MAX_CACHE_MIB', env.MAX_CACHE_MIB, 64),
      maxModelMib: mostFor(wasmBudget) / 2 ** 20,
    },
    webhooks: {
      bodyTimeout: number('WEBHOOK_BODY_SECONDS', env.WEBHOOK_BODY_SECONDS, 10) * 1000,
      grace: number('WEBHOOK_GRACE_SECONDS', env.WEBHOOK_GRACE_SECONDS, 60) * 1000,
      allowsLoopback: env.WEBHOOK_LOOPBACK === 'true',
    },
  };
}

/** A variable that wrangler.toml has as a number comes as one, whatever Env says. */
function number(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (String(value).trim() !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed;
  throw new ServiceError('internal', `${name} is "${value}"; it must be a number from 0`);
}
