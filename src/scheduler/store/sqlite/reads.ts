/**
 * Query plans that only read: they see only committed data.
 * @module
 */
import type { JournalEvent, SegmentPart } from '../../../protocol/messages/messages.js';
import { nextReplyExpiryMs } from '../commands/report-replies.js';
import { findJob, parseStatus, statusOf, type StoredEvent } from '../rows/job-record.js';
import { balanceOf, earnedOf } from '../rows/ledger.js';
import { decodeOffer } from '../rows/offer-codec.js';
import { all, get, type QueryPlan } from '../rows/query-plan.js';
import type { AccountView, JobView, JournalPage, JobListEntry } from '../port/store.js';

/** A job with its package and offer. */
export function* readJob(jobId: string): QueryPlan<JobView | undefined> {
  const job = yield* findJob(jobId);
  if (job === undefined) return undefined;
  const row = (yield* get<{ bytes: Uint8Array; offer: Uint8Array | null }>(
    'SELECT bytes, offer FROM packages WHERE job_id = ?',
    jobId,
  ))!;
  return {
    status: statusOf(job),
    owner: job.owner,
    digest: job.digest,
    candidate: job,
    package: row.bytes,
    ceiling: job.ceiling,
    ...(job.account === null ? {} : { account: job.account }),
    ...(row.offer === null ? {} : { offer: decodeOffer(row.offer) }),
  };
}

/** Larger packages, in bytes, are left out of a list of jobs, so that a page stays fast. */
const LISTED_PACKAGE_BYTES_MAX = 64 * 1024;

/** Jobs, newest first; only those older than the job `after`, if it is given and exists. */
export function* readJobs(
  owner: string | undefined,
  after: string | undefined,
  limit: number,
): QueryPlan<JobListEntry[]> {
  const from = after === undefined ? undefined : yield* findJob(after);
  const where = [
    ...(owner === undefined ? [] : ['owner = ?']),
    ...(from === undefined ? [] : ['(created_ms, job_id) < (?, ?)']),
  ];
  const values = [
    ...(owner === undefined ? [] : [owner]),
    ...(from === undefined ? [] : [from.createdMs, from.jobId]),
  ];
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const ids = yield* all<{ job_id: string }>(
    `SELECT job_id FROM jobs ${condition} ORDER BY created_ms DESC, job_id DESC LIMIT ?`,
    ...values,
    limit,
  );
  const jobs: JobListEntry[] = [];
  for (const { job_id: jobId } of ids) {
    const job = (yield* findJob(jobId))!;
    const row = yield* get<{ bytes: Uint8Array }>(
      'SELECT bytes FROM packages WHERE job_id = ? AND length(bytes) <= ?',
      jobId,
      LISTED_PACKAGE_BYTES_MAX,
    );
    const known = row === undefined ? {} : { package: row.bytes };
    jobs.push({
      status: statusOf(job),
      owner: job.owner,
      createdMs: job.createdMs,
      price: job.price,
      ...known,
    });
  }
  return jobs;
}

/** Largest number of journal rows in one read. */
const JOURNAL_PAGE = 64;
/** Largest number of outcome parts in one read, unless one row has more: each part is several values of a message. */
const JOURNAL_PARTS_MAX = 1_024;

/** Rows after row `after`, in order, until they exceed `bytes` of segments; at least one if there is one. */
export function* readJournal(jobId: string, after: number, bytes: number): QueryPlan<JournalPage> {
  const rows: JournalPage['rows'] = [];
  const stored = yield* all<{ seq: number; at_ms: number; event: string; status: string; epoch: number }>(
    `SELECT seq, at_ms, event, status, epoch FROM journal WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ${JOURNAL_PAGE}`,
    jobId,
    after,
  );
  let left = bytes;
  let partsLeft = JOURNAL_PARTS_MAX;
  for (const row of stored) {
    if (left <= 0) break;
    const event = JSON.parse(row.event) as StoredEvent;
    let full: JournalEvent;
    if (event.kind === 'outcomes') {
      partsLeft -= yield* countParts(jobId, row.seq);
      if (partsLeft < 0 && rows.length > 0) break;
      full = { kind: 'outcomes', parts: yield* partsOfRow(jobId, row.seq) };
      for (const part of full.parts) left -= part.segment.byteLength;
    } else full = event;
    rows.push({
      seq: row.seq,
      epoch: row.epoch,
      atMs: row.at_ms,
      status: parseStatus(row.status),
      event: full,
    });
  }
  return { rows, atEnd: stored.length < JOURNAL_PAGE && rows.length === stored.length };
}

/** The epoch of that journal row; undefined when there is no such row. */
export function* readEpoch(jobId: string, seq: number): QueryPlan<number | undefined> {
  const row = yield* get<{ epoch: number }>(
    'SELECT epoch FROM journal WHERE job_id = ? AND seq = ?',
    jobId,
    seq,
  );
  return row?.epoch;
}

function* countParts(jobId: string, seq: number): QueryPlan<number> {
  const row = yield* get<{ parts: number }>(
    'SELECT COUNT(*) AS parts FROM outputs WHERE job_id = ? AND seq = ?',
    jobId,
    seq,
  );
  return row!.parts;
}

function* partsOfRow(jobId: string, seq: number): QueryPlan<SegmentPart[]> {
  return yield* all<SegmentPart>(
    'SELECT first, count, segment FROM outputs WHERE job_id = ? AND seq = ? ORDER BY first',
    jobId,
    seq,
  );
}

/** Largest number of output rows in one read. */
const RESULTS_PAGE = 64;

/** Outcomes of slices `from` to `to` as whole stored segments, in order; the caller slices the first and last one. */
export function* readResults(
  jobId: string,
  from: number,
  to: number,
  bytes: number,
): QueryPlan<{ parts: SegmentPart[]; next?: number }> {
  const start = yield* get<{ first: number }>(
    'SELECT first FROM outputs WHERE job_id = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    jobId,
    from,
  );
  const rows = yield* all<{ first: number; count: number }>(
    `SELECT first, count FROM outputs WHERE job_id = ? AND first >= ? AND first <= ? ORDER BY first LIMIT ${RESULTS_PAGE}`,
    jobId,
    start?.first ?? from,
    to,
  );
  const parts: SegmentPart[] = [];
  let left = bytes;
  for (const row of rows) {
    if (row.first + row.count <= from) continue;
    if (left <= 0) return { parts, next: row.first };
    const { segment } = (yield* get<{ segment: Uint8Array }>(
      'SELECT segment FROM outputs WHERE job_id = ? AND first = ?',
      jobId,
      row.first,
    ))!;
    parts.push({ ...row, segment });
    left -= segment.byteLength;
  }
  const last = rows.at(-1);
  return rows.length < RESULTS_PAGE || last === undefined
    ? { parts }
    : { parts, next: last.first + last.count };
}

/** Balance, escrow of its unfinished jobs, and earned sum of an account. */
export function* readAccount(account: string): QueryPlan<AccountView> {
  const jobs = yield* all<{ escrow: string }>(
    `SELECT escrow FROM jobs WHERE account = ? AND run_status IN ('running', 'paused')`,
    account,
  );
  const escrow = jobs.reduce((sum, job) => sum + BigInt(job.escrow), 0n);
  return { balance: yield* balanceOf(account), escrow, earned: yield* earnedOf(account) };
}

export function* readNextDeadline(): QueryPlan<number | undefined> {
  const row = yield* get<{ deadline: number | null }>('SELECT MIN(deadline_ms) AS deadline FROM leases');
  const deadline = row?.deadline ?? undefined;
  const forgetting = yield* nextReplyExpiryMs();
  if (deadline === undefined || forgetting === undefined) return deadline ?? forgetting;
  return Math.min(deadline, forgetting);
}
