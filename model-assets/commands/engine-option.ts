// --engine

import type { Engine } from '../../shared/model/manifest.ts';
import { textOf, UsageError, type Values } from './command.ts';

/** The engine that was asked for. Throws where it is none. */
export function engineOf(values: Values): Engine['name'] | undefined {
  const name = textOf(values, 'engine');
  if (name === undefined || name === 'edge' || name === 'onnxruntime-web') return name;
  throw new UsageError(`--engine is ${name}; it takes edge or onnxruntime-web`);
}
