// Stands for ort.ts in a Worker that is deployed without onnxruntime-web, as it is where every published model runs on the project's own
// engine: a tenth of the script, and of what starts with it.

import type { openOrtSession as open } from './ort.ts';

export const hasOnnxruntime: boolean = false;

export const ortHeapBytes = (): number => 0;

/** Not called: `demandEngine` refuses what would need it, before anything of it is read. */
export const openOrtSession: typeof open = async () => {
  throw new Error('this Worker has no onnxruntime-web');
};
