/**
 * The rows of leases.
 * @module
 */
import type { Executor } from '../../policy/attempts.js';
import { LEASES, type LeaseRow } from '../schema/lease-tables.js';
import { countIn, deleteFrom, insertInto, selectMany, selectOne, updateOf } from './table-plans.js';

/** The worker that holds the lease. */
export const executorOfLease = ({ workerId, payee, isolation }: LeaseRow): Executor => ({
  workerId,
  payee,
  isolation,
});

/** Compares leases by their jobs, in whose order the jobs are locked. */
export const byJob = (a: LeaseRow, b: LeaseRow): number =>
  a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0;

/** The lease, if that worker holds it, by lease id and worker id. */
export const findLease = selectOne(LEASES, 'all', 'WHERE lease_id = ? AND worker_id = ?');

/** The worker that holds a lease. */
export const workerOfLease = selectOne(LEASES, ['workerId'], 'WHERE lease_id = ?');

/** All leases of a worker. */
export const leasesOfWorker = selectMany(LEASES, 'all', 'WHERE worker_id = ?');

/** The number of leases of a worker. */
export const countLeasesOf = countIn(LEASES, 'worker_id = ?');

/** Ids of all leases of a job. */
export const leasesOf = selectMany(LEASES, ['leaseId'], 'WHERE job_id = ?');

/** The leases whose deadline is not after a wall time, by that time and their largest number. */
export const expiredLeases = selectMany(LEASES, 'all', 'WHERE deadline_ms <= ? ORDER BY deadline_ms LIMIT ?');

export const insertLease = insertInto(LEASES);
export const deleteLease = deleteFrom(LEASES, 'lease_id = ?');
export const deleteLeasesOf = deleteFrom(LEASES, 'job_id = ?');

/** Moves the lease to its next slice without an outcome. */
export const advanceLease = updateOf(LEASES, ['next'], 'lease_id = ?');

/** Moves the lease on, with a new deadline. */
export const progressLease = updateOf(LEASES, ['next', 'deadlineMs', 'progressMs'], 'lease_id = ?');

/** Records when the lease made its last progress. */
export const touchLease = updateOf(LEASES, ['progressMs'], 'lease_id = ?');

/** Sets the last slice of the lease. */
export const shortenLease = updateOf(LEASES, ['last'], 'lease_id = ?');

export const setDeadline = updateOf(LEASES, ['deadlineMs'], 'lease_id = ?');

/** Sets deadline and node of a lease whose worker has connected. */
export const bindLease = updateOf(LEASES, ['deadlineMs', 'nodeId'], 'lease_id = ?');

/** Sets the deadline of the leases of a worker that is connected to a node, if it is later. */
export const shortenDeadlines = updateOf(
  LEASES,
  ['deadlineMs'],
  'worker_id = ? AND node_id = ? AND deadline_ms > ?',
);

/** Sets the deadline of the leases of a node, if it is earlier. */
export const extendDeadlines = updateOf(LEASES, ['deadlineMs'], 'node_id = ? AND deadline_ms < ?');

/** Sets the deadline of all leases of a node. */
export const setDeadlinesOfNode = updateOf(LEASES, ['deadlineMs'], 'node_id = ?');
