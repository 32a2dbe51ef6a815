/**
 * Formats the progress of a job. "finished" is never shown alone if slices have failed.
 * @module
 */
import type { JobStatusInfo } from '../../entry/deployer.node.js';

type Counts = Pick<JobStatusInfo, 'computed' | 'failed' | 'total'>;

/** `finished`, or `finished, 3 failed`. */
export function formatRunStatus({ runStatus, failed }: Pick<JobStatusInfo, 'runStatus' | 'failed'>): string {
  return failed === 0 ? runStatus : `${runStatus}, ${failed} failed`;
}

/** `5 of 9 slices are finished`, with the number of failed slices if there are any. */
export function formatSlices({ computed, failed, total }: Counts): string {
  return `${computed} of ${total} slices are finished${failed === 0 ? '' : `, ${failed} of them failed`}`;
}
