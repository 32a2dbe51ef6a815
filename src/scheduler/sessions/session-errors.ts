/**
 * Errors that several sessions or requests refuse with.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** For an operator's request over another client's connection. */
export function notAnOperator(): ManyhandsError {
  return new ManyhandsError(
    'FORBIDDEN',
    'only an operator may do this: connect with the operator token of the data folder',
  );
}

/** For a message that deployers cannot send. */
export function notDeployerMessage(type: string): ManyhandsError {
  return new ManyhandsError('FORBIDDEN', `${type} is not a deployer's message`, { type });
}

/** For a message that workers cannot send. */
export function notWorkerMessage(type: string): ManyhandsError {
  return new ManyhandsError('FORBIDDEN', `${type} is not a worker's message`, { type });
}
