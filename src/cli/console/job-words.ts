/**
 * How far a job is, in words: "finished" alone is never said of one with slices that failed.
 * @module
 */
import type { JobStatusInfo } from '../../entry/deployer.node.js';

type Counts = Pick<JobStatusInfo, 'computed' | 'failed' | 'total'>;

/** `finished`, or `finished, 3 failed`. */
export function runStatusOf({ runStatus, failed }: Pick<JobStatusInfo, 'runStatus' | 'failed'>): string {
  return failed === 0 ? runStatus : `${runStatus}, ${failed} failed`;
}

/** `5 of 9 slices are done`, and how many of them failed where some did. */
export function slicesOf({ computed, failed, total }: Counts): string {
  return `${computed} of ${total} slices are done${failed === 0 ? '' : `, ${failed} of them failed`}`;
}
