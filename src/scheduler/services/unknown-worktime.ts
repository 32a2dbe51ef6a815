/**
 * The error for a job whose worktime a scheduler does not have.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import { worktimeMeant } from '../../worktimes/registry.js';

/** The range of a job that names no version of a worktime that its deployer does not know. */
const ANY_VERSION = '*';

export function unknownWorktime(name: string, range: string, known: readonly WorktimeName[]): ManyhandsError {
  const available = known.map((w) => `${w.name} ${w.version}`);
  const meant = worktimeMeant(name)?.name;
  const advice = known.some((w) => w.name === meant) ? `. Did you mean ${meant}?` : '';
  const wanted = range === ANY_VERSION ? name : `${name} ${range}`;
  return new ManyhandsError(
    'WORKTIME_UNKNOWN',
    `this scheduler has no worktime ${wanted}: choose one of ${available.join(', ')}${advice}`,
    { name, range, available },
  );
}
