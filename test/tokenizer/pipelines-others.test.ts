import { describePipelines } from './describe-pipelines.ts';

describePipelines((kind) => kind !== 'BPE');
