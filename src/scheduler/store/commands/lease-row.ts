/**
 * The stored row of a lease.
 * @module
 */
import type { Executor } from '../../policy/attempts.js';
import { get, type QueryPlan } from '../rows/query-plan.js';

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

/** The worker that holds the lease. */
export const executorOfLease = ({ worker_id: workerId, payee, isolation }: LeaseRow): Executor => ({
  workerId,
  payee,
  isolation,
});

/** The lease, if that worker holds it. */
export function* findLease(leaseId: string, workerId: string): QueryPlan<LeaseRow | undefined> {
  return yield* get<LeaseRow>(
    `SELECT ${LEASE_COLUMNS} FROM leases WHERE lease_id = ? AND worker_id = ?`,
    leaseId,
    workerId,
  );
}
