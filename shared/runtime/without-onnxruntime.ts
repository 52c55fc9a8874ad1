// Stands for ort.ts in a Worker that is deployed without onnxruntime-web, as it is where every published model runs on the project's own
// engine: a tenth of the script, and of what starts with it.

import { ServiceError } from '../errors.ts';
import type { openOrtSession as open } from './ort.ts';

/** Throws `model_unavailable`: a model was published since that needs what is not there. */
export const openOrtSession: typeof open = async () => {
  throw new ServiceError(
    'model_unavailable',
    'it runs on onnxruntime-web, and this Worker was deployed without; run npm run deploy again',
  );
};
