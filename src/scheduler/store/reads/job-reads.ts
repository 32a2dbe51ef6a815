/**
 * Query plans that only read jobs, accounts, bans and deadlines: they see only committed data.
 * @module
 */
import type { Ban } from '../../../protocol/messages/operator-messages.js';
import { nextReplyExpiryMs } from '../commands/report-replies.js';
import type { AccountView, JobListEntry, JobQuery, JobView, Store } from '../port/store.js';
import { findJob, statusOf } from '../rows/job-record.js';
import { findDetails } from '../rows/job-details.js';
import { balanceOf, earnedOf } from '../rows/ledger.js';
import { get, type QueryPlan } from '../rows/query-plan.js';
import { selectMany, selectOne } from '../rows/table-plans.js';
import type { SqlValue } from '../schema/column.js';
import { JOBS, JOB_TAGS, PACKAGES } from '../schema/job-tables.js';
import { BANS } from '../schema/operator-tables.js';

const findPackage = selectOne(PACKAGES, ['bytes', 'offer'], 'WHERE job_id = ?');

/** A job with its package and offer. */
export function* readJob(jobId: string): QueryPlan<JobView | undefined> {
  const job = yield* findJob(jobId);
  if (job === undefined) return undefined;
  const { bytes, offer } = (yield* findPackage(jobId))!;
  return {
    status: statusOf(job),
    owner: job.owner,
    digest: job.digest,
    candidate: job,
    package: bytes,
    ceiling: job.ceiling,
    ...(job.account === null ? {} : { account: job.account }),
    ...(offer === null ? {} : { offer }),
  };
}

export function* readStatus(jobId: string): QueryPlan<Awaited<ReturnType<Store['status']>>> {
  const job = yield* findJob(jobId);
  return job === undefined ? undefined : { status: statusOf(job), owner: job.owner };
}

/** Larger packages, in bytes, are left out of a list of jobs, so that a page stays fast. */
const LISTED_PACKAGE_BYTES_MAX = 64 * 1024;

const findSmallPackage = selectOne(PACKAGES, ['bytes'], 'WHERE job_id = ? AND length(bytes) <= ?');

const NEWEST_FIRST = 'ORDER BY created_ms DESC, job_id DESC LIMIT ?';
const IS_OLDER = '(created_ms, job_id) < (?, ?)';
const newestTagged = selectMany(JOB_TAGS, ['jobId'], `WHERE tag = ? ${NEWEST_FIRST}`);
const olderTagged = selectMany(JOB_TAGS, ['jobId'], `WHERE tag = ? AND ${IS_OLDER} ${NEWEST_FIRST}`);
const newestTaggedOf = selectMany(JOB_TAGS, ['jobId'], `WHERE owner = ? AND tag = ? ${NEWEST_FIRST}`);
const olderTaggedOf = selectMany(
  JOB_TAGS,
  ['jobId'],
  `WHERE owner = ? AND tag = ? AND ${IS_OLDER} ${NEWEST_FIRST}`,
);
const newestJobs = selectMany(JOBS, ['jobId'], NEWEST_FIRST);
const olderJobs = selectMany(JOBS, ['jobId'], `WHERE ${IS_OLDER} ${NEWEST_FIRST}`);
const newestJobsOf = selectMany(JOBS, ['jobId'], `WHERE owner = ? ${NEWEST_FIRST}`);
const olderJobsOf = selectMany(JOBS, ['jobId'], `WHERE owner = ? AND ${IS_OLDER} ${NEWEST_FIRST}`);

/** Jobs, newest first; only those older than the job `after`, if it is given and exists. */
export function* readJobs(query: JobQuery): QueryPlan<JobListEntry[]> {
  const jobs: JobListEntry[] = [];
  for (const { jobId } of yield* idsOf(query)) {
    const job = (yield* findJob(jobId))!;
    const small = yield* findSmallPackage(jobId, LISTED_PACKAGE_BYTES_MAX);
    jobs.push({
      status: statusOf(job),
      owner: job.owner,
      createdMs: job.createdMs,
      price: job.price,
      ...(small === undefined ? {} : { package: small.bytes }),
      ...(yield* readDetails(jobId)),
    });
  }
  return jobs;
}

function* idsOf({ owner, tag, after, limit }: JobQuery): QueryPlan<{ jobId: string }[]> {
  const from = after === undefined ? undefined : yield* findJob(after);
  const place: SqlValue[] = from === undefined ? [] : [from.createdMs, from.jobId];
  const pick = <P>(newest: P, older: P): P => (from === undefined ? newest : older);
  if (tag === undefined) {
    return owner === undefined
      ? yield* pick(newestJobs, olderJobs)(...place, limit)
      : yield* pick(newestJobsOf, olderJobsOf)(owner, ...place, limit);
  }
  return owner === undefined
    ? yield* pick(newestTagged, olderTagged)(tag, ...place, limit)
    : yield* pick(newestTaggedOf, olderTaggedOf)(owner, tag, ...place, limit);
}

function* readDetails(jobId: string): QueryPlan<Pick<JobListEntry, 'tags' | 'metadata'>> {
  const { tags = [], metadata = null } = (yield* findDetails(jobId)) ?? {};
  return metadata === null ? { tags } : { tags, metadata };
}

const unfinishedEscrows = selectMany(
  JOBS,
  ['escrow'],
  `WHERE account = ? AND run_status IN ('running', 'paused')`,
);

/** Balance, escrow of its unfinished jobs, and earned sum of an account. */
export function* readAccount(account: string): QueryPlan<AccountView> {
  const escrow = (yield* unfinishedEscrows(account)).reduce((sum, job) => sum + job.escrow, 0n);
  return { balance: yield* balanceOf(account), escrow, earned: yield* earnedOf(account) };
}

/** All bans, oldest first. */
export const readBans: () => QueryPlan<Ban[]> = selectMany(BANS, 'all', 'ORDER BY at_ms, subject');

/** When `expireLeases` is due next, wall milliseconds. */
export function* readNextDeadline(): QueryPlan<number | undefined> {
  const row = yield* get<{ deadline: number | null }>('SELECT MIN(deadline_ms) AS deadline FROM leases');
  const deadline = row?.deadline ?? undefined;
  const forgetting = yield* nextReplyExpiryMs();
  if (deadline === undefined || forgetting === undefined) return deadline ?? forgetting;
  return Math.min(deadline, forgetting);
}
