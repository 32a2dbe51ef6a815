/**
 * Finds the job and the pending range for a lease request: the job with the fewest leases that the worker may run, and of it
 * first slices that failed on other workers. A failed slice is deferred to a more independent worker while one is connected.
 * @module
 */
import { deferredSinceMs, isDeferredToBetter, executorOf, triedExecutors } from '../../policy/attempts.js';
import { chooseJob, isEligible, isFairShareLease, type Candidate } from '../../policy/choose-job.js';
import { takesPrecedence } from '../../policy/job-precedence.js';
import { fundedSlices } from '../../policy/price.js';
import { lockFreeJob } from '../rows/job-record.js';
import { failedLoadsOf, jobsFailedToLoadBy } from '../rows/job-workers.js';
import { attemptsOf, firstNeverFailedBy, firstUntried, rangesToRetry } from '../rows/ranges.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { selectMany, selectOne } from '../rows/table-plans.js';
import type { Commands } from '../port/store.js';
import { JOBS, type JobRecord } from '../schema/job-tables.js';
import type { RangeRecord } from '../schema/slice-tables.js';
import type { CommandContext } from './context.js';

/** Jobs that are read in one page, those with the fewest leases first. */
const CANDIDATES_PAGE = 256;
/** Jobs with deferred slices that one search examines fully; of further ones only slices that never failed on the worker. */
const EXAMINED_JOBS_MAX = 16;
/** Jobs without work for the worker after which one search ends as `deferred`. */
const SKIPPED_JOBS_MAX = 4_096;
/** Ranges of failed slices that are examined for one lease. */
const RETRY_RANGES_MAX = 16;

/** A job and the pending range from which a lease is taken. */
export interface WorkItem {
  job: JobRecord;
  /** The job as it was chosen. */
  candidate: Candidate;
  range: RangeRecord;
}

const FIELDS = [
  ...(['jobId', 'owner', 'leases', 'createdMs', 'leased', 'worktime', 'worktimeRange', 'groups'] as const),
  ...(['origins', 'classKey', 'servedMs', 'turnMs', 'price', 'escrow'] as const),
] as const;
type CandidateRow = Pick<JobRecord, (typeof FIELDS)[number]>;

const HAS_WORK = `run_status = 'running' AND pending > 0`;
const PAGE = `LIMIT ${CANDIDATES_PAGE}`;
const BY_LEASES = `ORDER BY leases, created_ms, job_id ${PAGE}`;
const fewestLeases = selectMany(JOBS, FIELDS, `WHERE ${HAS_WORK} ${BY_LEASES}`);
const firstFromClass = selectOne(
  JOBS,
  FIELDS,
  `WHERE ${HAS_WORK} AND class_key >= ? ORDER BY class_key, job_id LIMIT 1`,
);
const pageOfClass = selectMany(
  JOBS,
  FIELDS,
  `WHERE ${HAS_WORK} AND class_key = ? AND job_id > ? ORDER BY job_id ${PAGE}`,
);

/** Work for the worker; `deferred` when all pending slices are deferred to other workers; undefined when there is none. */
export function* findWork(
  ctx: CommandContext,
  c: Commands['grantLease'][0],
): QueryPlan<WorkItem | 'deferred' | undefined> {
  const failedLoads = yield* jobsFailedToLoadBy(c.worker.workerId, deferredSinceMs(ctx.nowMs));
  const search: Search = { ctx, c, failedLoads, deferred: new Set(), isClassEligible: new Map() };
  const { owners, jobs } = c.worker;
  if (owners !== undefined || jobs !== undefined) return yield* findInLists(search, owners, jobs);
  const rows = yield* fewestLeases();
  const found = yield* chooseAmong(search, rows);
  if (found !== undefined || rows.length < CANDIDATES_PAGE) return found ?? noWork(search);
  return yield* findByClass(search);
}

/** The state of one search. */
interface Search {
  readonly ctx: CommandContext;
  readonly c: Commands['grantLease'][0];
  /** Jobs that the worker recently failed to load. */
  readonly failedLoads: ReadonlySet<string>;
  /** Jobs whose pending slices are deferred to other workers. */
  readonly deferred: Set<string>;
  /** By class key: whether the worker may run jobs of the class. */
  readonly isClassEligible: Map<string, boolean>;
}

const noWork = ({ deferred }: Search): 'deferred' | undefined => (deferred.size > 0 ? 'deferred' : undefined);

/** Searches only the jobs that a worker with lists of owners or jobs accepts, by their index, page by page. */
function* findInLists(
  search: Search,
  owners: readonly string[] | undefined,
  jobs: readonly string[] | undefined,
): QueryPlan<WorkItem | 'deferred' | undefined> {
  const lists = [
    ...(owners === undefined ? [] : [{ column: 'owner', values: padded(owners) }]),
    ...(jobs === undefined ? [] : [{ column: 'job_id', values: padded(jobs) }]),
  ];
  const only = lists.map(({ column, values }) => isOneOf(column, values)).join(' AND ');
  const condition = `${HAS_WORK} AND (leases, created_ms, job_id) > (?, ?, ?) AND ${only}`;
  const pageOf = selectMany(JOBS, FIELDS, `WHERE ${condition} ${BY_LEASES}`);
  const values = lists.flatMap((list) => list.values);
  let after: [number, number, string] = [-1, 0, ''];
  for (;;) {
    const rows = yield* pageOf(...after, ...values);
    const found = yield* chooseAmong(search, rows);
    const last = rows.at(-1);
    if (found !== undefined || rows.length < CANDIDATES_PAGE || last === undefined)
      return found ?? noWork(search);
    after = [last.leases, last.createdMs, last.jobId];
  }
}

/**
 * After the first page: searches one class of jobs after the other. A class that the worker may not run is skipped as a
 * whole, however many jobs it has.
 */
function* findByClass(search: Search): QueryPlan<WorkItem | 'deferred' | undefined> {
  let classKey = '';
  for (;;) {
    const first = yield* firstFromClass(classKey);
    if (first === undefined) return noWork(search);
    let after = '';
    while (isClassEligible(search, first)) {
      const rows = yield* pageOfClass(first.classKey, after);
      const found = yield* chooseAmong(search, rows);
      if (found !== undefined) return found;
      if (rows.length < CANDIDATES_PAGE) break;
      after = rows.at(-1)!.jobId;
    }
    // Sorts after this class and before every other: class keys are hexadecimal digits.
    classKey = `${first.classKey} `;
  }
}

/** Whether the worker may run jobs of that row's class, regardless of owner, id and price. */
function isClassEligible({ c, isClassEligible }: Search, row: CandidateRow): boolean {
  let is = isClassEligible.get(row.classKey);
  if (is === undefined) {
    is = isEligible(row, { ...c.worker, ...ANY_OWNER });
    isClassEligible.set(row.classKey, is);
  }
  return is;
}

/** Clears the terms of a description that differ between jobs of one class. */
const ANY_OWNER = {
  owners: undefined,
  jobs: undefined,
  blockedJobs: undefined,
  blockedOwners: undefined,
  minimumPrice: undefined,
};

/** The job among the rows that the worker runs next, and its range; `deferred` after too many jobs with deferred slices only. */
function* chooseAmong(
  search: Search,
  rows: readonly CandidateRow[],
): QueryPlan<WorkItem | 'deferred' | undefined> {
  const { ctx, c, deferred } = search;
  const own: CandidateRow[] = [];
  for (const row of rows)
    if (isFunded(row) && isClassEligible(search, row) && !(yield* isLoadDeferred(search, row))) own.push(row);
  const candidates = new Map(own.map((row) => [row.jobId, row]));
  const warmState = isFairShareLease(c.leaseId) ? {} : (c.warmState ?? {});
  for (;;) {
    const isExamined = deferred.size < EXAMINED_JOBS_MAX;
    if (!isExamined) yield* keepNeverFailed(search, candidates);
    const all = [...candidates.values()];
    const usual = chooseJob(all, c.worker, warmState);
    if (usual === undefined) return deferred.size < SKIPPED_JOBS_MAX ? undefined : 'deferred';
    const first = all.filter(takesPrecedence(candidates.get(usual.jobId)!, ctx.nowMs));
    const chosen = chooseJob(first, c.worker, warmState) ?? usual;
    const { jobId } = chosen;
    const range = yield* isExamined ? rangeFor(search, chosen) : firstNeverFailedBy(jobId, c.worker.workerId);
    const job = range === undefined ? undefined : yield* lockFreeJob(jobId);
    if (range !== undefined && job !== undefined) return { job, candidate: chosen, range };
    candidates.delete(jobId);
    deferred.add(jobId);
  }
}

/** Keeps only the candidates with slices that never failed on the worker. */
function* keepNeverFailed({ c, deferred }: Search, candidates: Map<string, CandidateRow>): QueryPlan<void> {
  for (const jobId of [...candidates.keys()]) {
    if ((yield* firstNeverFailedBy(jobId, c.worker.workerId)) !== undefined) continue;
    candidates.delete(jobId);
    deferred.add(jobId);
  }
}

/** Whether the worker recently failed to load the job, and a more independent worker is connected. */
function* isLoadDeferred(search: Search, row: CandidateRow): QueryPlan<boolean> {
  const { c, failedLoads, deferred } = search;
  if (!failedLoads.has(row.jobId)) return false;
  // Further such jobs are not examined: they are tried again after the deferral time.
  let isDeferred = deferred.size >= EXAMINED_JOBS_MAX;
  if (!isDeferred) {
    const tried = yield* failedLoadsOf(row.jobId);
    const failures = tried.filter(({ workerId }) => workerId === c.worker.workerId);
    isDeferred = isDeferredFor(search, row, { failures, tried });
  }
  if (isDeferred) deferred.add(row.jobId);
  return isDeferred;
}

/** The pending range of the job for this worker; undefined when all are deferred to other workers. */
function* rangeFor(search: Search, job: Candidate): QueryPlan<RangeRecord | undefined> {
  for (const range of yield* rangesToRetry(job.jobId, RETRY_RANGES_MAX)) {
    const tried = triedExecutors(attemptsOf(range));
    if (!isDeferredFor(search, job, { failures: tried, tried })) return range;
  }
  return yield* firstUntried(job.jobId);
}

/** Whether what failed is deferred to a more independent worker. */
function isDeferredFor(
  { ctx, c }: Search,
  job: Candidate,
  failed: Parameters<typeof isDeferredToBetter>[1],
): boolean {
  return isDeferredToBetter(executorOf(c.worker), failed, ctx.nowMs, (tried, level) =>
    ctx.roster.hasBetterWorker(job, tried, level, true),
  );
}

const isOneOf = (column: string, list: readonly string[]): string =>
  list.length === 0 ? '1 = 0' : `${column} IN (${list.map(() => '?').join(', ')})`;

/** Pads the list to a power of two by repeating its last element, so that few distinct statements are prepared. */
function padded(list: readonly string[]): string[] {
  const length = list.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(list.length));
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]!);
}

const isFunded = ({ price, escrow, leased }: CandidateRow): boolean =>
  fundedSlices(price, escrow, leased) > 0;
