/**
 * The error for a job whose worktime a scheduler does not have.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';

export function unknownWorktime(name: string, range: string, known: readonly WorktimeName[]): ManyhandsError {
  const available = known.map((w) => `${w.name} ${w.version}`);
  return new ManyhandsError(
    'WORKTIME_UNKNOWN',
    `this scheduler has no worktime ${name} ${range}: choose one of ${available.join(', ')}`,
    { name, range, available },
  );
}
