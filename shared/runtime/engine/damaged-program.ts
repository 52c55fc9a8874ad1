// A program that is not what it should be: none that the engine could run, whatever is fed to it.

import { ServiceError } from '../../errors.ts';

export class DamagedProgram extends ServiceError {
  /** What is wrong with it. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super('model_unavailable', `the program of the model is damaged: ${reason}; publish the model again`, options);
    this.reason = reason;
  }
}
