// Programs of the seeded checkpoints, and instances with their weights.

import { inject } from 'vitest';
import type { Manifest } from '../../../shared/model/manifest.ts';
import module from '../../../shared/runtime/engine/engine.wasm';
import { EngineInstance } from '../../../shared/runtime/engine/instance.ts';
import { kept } from '../../seeded/worker.ts';
import { type Honest, toHonest } from './fuzz/single-steps.ts';

/** Every seeded architecture once, and the writing ones in each layout of their decoders. */
export const architectures: readonly (readonly [name: string, manifest: Manifest])[] = inject('seeded')
  .filter(({ name }) => /fill-mask|seeded-(bart|ctrl|gpt2|marian|mbart|openai|t5|transfo)/.test(name))
  .map((manifest) => [manifest.name, manifest]);

/** All that write. */
export const writers: readonly (readonly [name: string, manifest: Manifest])[] = inject('seeded')
  .filter(({ generation }) => generation)
  .map((manifest) => [manifest.name, manifest]);

export async function honestOf(manifest: Manifest): Promise<Honest> {
  if (manifest.engine.name !== 'edge') throw new Error(`${manifest.name}: ${manifest.engine.reason}`);
  return toHonest(manifest.name, new Uint8Array(await kept(manifest.engine.program.sha256)));
}

/** `mode`: how rows are quantized, where not as the machine is best at. */
export function instanceOf({ image }: Pick<Honest, 'image'>, mode?: number): EngineInstance {
  const instance = new EngineInstance(module, image.byteLength, {
    keepsToPairs: true,
    ...(mode !== undefined && { mode }),
  });
  instance.memory.set(image, instance.image.at);
  return instance;
}
