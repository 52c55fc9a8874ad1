// Every task in one Worker.

import { serve } from '../shared/http/serve.ts';
import { forward } from './forward.ts';
import { textClassification } from './text-classification.ts';

export default serve(textClassification, forward);
