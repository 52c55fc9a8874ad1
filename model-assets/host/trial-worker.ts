// The whole Worker with a bucket that holds one model, which is published nowhere yet. It is bundled for a trial run, and never deployed.

import app from '../../functions/index.ts';
import type { Env } from '../../shared/http/settings.ts';

interface TrialEnv extends Omit<Env, 'MODELS'> {
  /** Gives objects by their keys. */
  readonly OBJECTS: Fetcher;
}

let known: { readonly from: TrialEnv; readonly env: Env } | undefined;

export default {
  fetch(request: Request, env: TrialEnv, context: ExecutionContext): Response | Promise<Response> {
    // An isolate has one `env`.
    if (known?.from !== env) known = { from: env, env: { ...env, MODELS: bucketOver(env.OBJECTS) } };
    return app.fetch(request, known.env, context);
  },
};

/** As much of a bucket as opening a model asks. */
function bucketOver(objects: Fetcher): R2Bucket {
  const get = async (key: string) => {
    const response = await objects.fetch(`http://objects.invalid/${key}`);
    return response.ok ? response : null;
  };
  return { get } as unknown as R2Bucket;
}
