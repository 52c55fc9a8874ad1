// The Worker's bindings and variables, turned into typed settings. README.md, "Configuration", explains each.

import { ServiceError } from '../errors.ts';
import type { Limits } from '../task.ts';

export interface Env {
  readonly MODELS: R2Bucket;
  readonly MANIFEST_TTL_SECONDS?: string;
  readonly WASM_BUDGET_MIB?: string;
  readonly MAX_BODY_BYTES?: string;
  readonly MAX_INPUTS?: string;
  readonly MAX_TOKENS?: string;
  readonly MAX_NEW_TOKENS?: string;
  readonly MAX_BEAMS?: string;
  readonly MAX_DECODER_MIB?: string;
  readonly MAX_CACHE_MIB?: string;
}

export interface Settings {
  /** How long a manifest is believed, in milliseconds. */
  readonly manifestTtl: number;
  /** WASM memory that open models may hold, in bytes. */
  readonly wasmBudget: number;
  readonly limits: Limits;
}

/** Throws where a variable is not a number: a Worker that is set up wrongly must not seem to work. */
export function parseSettings(env: Env): Settings {
  return {
    manifestTtl: number('MANIFEST_TTL_SECONDS', env.MANIFEST_TTL_SECONDS, 30) * 1000,
    wasmBudget: number('WASM_BUDGET_MIB', env.WASM_BUDGET_MIB, 96) * 2 ** 20,
    limits: {
      maxBodyBytes: number('MAX_BODY_BYTES', env.MAX_BODY_BYTES, 2 ** 20),
      maxInputs: number('MAX_INPUTS', env.MAX_INPUTS, 128),
      maxTokens: number('MAX_TOKENS', env.MAX_TOKENS, 16384),
      maxNewTokens: number('MAX_NEW_TOKENS', env.MAX_NEW_TOKENS, 2048),
      maxBeams: number('MAX_BEAMS', env.MAX_BEAMS, 8),
      maxDecoderMib: number('MAX_DECODER_MIB', env.MAX_DECODER_MIB, 100_000),
      maxCacheMib: number('MAX_CACHE_MIB', env.MAX_CACHE_MIB, 64),
    },
  };
}

function number(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (value.trim() !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed;
  throw new ServiceError('internal', `${name} is "${value}"; it must be a number from 0`);
}
