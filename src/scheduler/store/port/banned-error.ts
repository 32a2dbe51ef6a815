/**
 * The error for a banned client.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';

export function bannedError(who: string, reason: string): ManyhandsError {
  const why = reason === '' ? '' : `: ${reason}`;
  return new ManyhandsError('BANNED', `The operator of this scheduler has banned ${who}${why}.`, {
    who,
    reason,
  });
}
