/**
 * What somebody hears whom the operator keeps out.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';

export function bannedError(who: string, reason: string): ManyhandsError {
  const why = reason === '' ? '' : `: ${reason}`;
  return new ManyhandsError('BANNED', `The operator of this scheduler keeps ${who} out${why}.`, {
    who,
    reason,
  });
}
