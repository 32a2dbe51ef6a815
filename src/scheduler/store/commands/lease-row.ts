/**
 * A lease as it is stored, and who holds it.
 * @module
 */
import type { Runner } from '../../policy/attempts.js';
import { get, type Script } from '../rows/query-plan.js';

export interface LeaseRow {
  lease_id: string;
  job_id: string;
  worker_id: string;
  payee: string;
  next: number;
  last: number;
  granted_ms: number;
  progress_ms: number;
  isolation: string;
}

export const LEASE_COLUMNS =
  'lease_id, job_id, worker_id, payee, next, last, granted_ms, progress_ms, isolation';

/** Who holds the lease. */
export const holderOf = ({ worker_id: workerId, payee, isolation }: LeaseRow): Runner => ({
  workerId,
  payee,
  isolation,
});

/** That worker's lease, or undefined. */
export function* findLease(leaseId: string, workerId: string): Script<LeaseRow | undefined> {
  return yield* get<LeaseRow>(
    `SELECT ${LEASE_COLUMNS} FROM leases WHERE lease_id = ? AND worker_id = ?`,
    leaseId,
    workerId,
  );
}
