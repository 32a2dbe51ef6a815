/**
 * Which slices a worker that asks for work gets: of the neediest job that it may run, those first that failed elsewhere.
 * A slice that failed goes to a worker whose attempt tells more, as long as one is there.
 * @module
 */
import type { GroupKey } from '../../../protocol/messages/messages.js';
import { heldBackSinceMs, isLeftToBetter, runnerOf, triedBy } from '../../policy/attempts.js';
import { chooseJob, isEligible, isOpenTurn, type Candidate } from '../../policy/choose-job.js';
import { goesBefore, type Turns } from '../../policy/take-turns.js';
import { fundedSlices } from '../../policy/price.js';
import { failedLoadsOf, loadsFailedBy } from '../job-workers.js';
import {
  attemptsOf,
  firstNeverFailedBy,
  firstUntried,
  rangesToRetry,
  type RangeRow,
} from '../rows/ranges.js';
import { all, get, type Script } from '../rows/query-plan.js';
import type { Commands } from '../port/store.js';
import type { CommandContext } from './context.js';

/** Jobs that are looked at together, neediest first. */
const CANDIDATES_PAGE = 256;
/** Jobs whose slices may wait for others which are looked at closely; of the others, what never failed on the worker. */
const LOOKED_AT_CLOSELY_MAX = 16;
/** And jobs in all that may have nothing for the worker, before it is told to ask later. */
const LOOKED_AT_MAX = 4_096;
/** Ranges of slices that failed which are looked at for one lease. */
const RETRIES_LOOKED_AT = 16;

/** A job and the pending range that a lease is cut from. */
export interface Work {
  job: Candidate;
  range: RangeRow;
}

interface CandidateRow {
  job_id: string;
  owner: string;
  leases: number;
  created_ms: number;
  leased: number;
  worktime: string;
  worktime_range: string;
  groups_json: string;
  origins_json: string;
  class_key: string;
  served_ms: number;
  turn_ms: number;
  price: string;
  escrow: string;
}

/** Work for that worker; `later` where all that there is waits for another worker. */
export function* findWork(ctx: CommandContext, c: Commands['lease'][0]): Script<Work | 'later' | undefined> {
  const failedLoads = yield* loadsFailedBy(c.worker.workerId, heldBackSinceMs(ctx.nowMs));
  const search: Search = { ctx, c, failedLoads, heldBack: new Set(), isOfClass: new Map() };
  const { owners, jobs } = c.worker;
  if (owners !== undefined || jobs !== undefined) return yield* findAmong(search, owners, jobs);
  const rows = yield* all<CandidateRow>(NEEDIEST);
  const found = yield* chooseFrom(search, rows);
  if (found !== undefined || rows.length < CANDIDATES_PAGE) return found ?? nothing(search);
  return yield* findByClass(search);
}

/** One search: what it has learned on its way. */
interface Search {
  readonly ctx: CommandContext;
  readonly c: Commands['lease'][0];
  /** Jobs that the worker could not load a short while ago. */
  readonly failedLoads: ReadonlySet<string>;
  /** Jobs whose slices wait for other workers. */
  readonly heldBack: Set<string>;
  /** Whether this worker may run jobs of a class at all. */
  readonly isOfClass: Map<string, boolean>;
}

const nothing = ({ heldBack }: Search): 'later' | undefined => (heldBack.size > 0 ? 'later' : undefined);

const COLUMNS = `job_id, owner, leases, created_ms, leased, worktime, worktime_range, groups_json, origins_json, class_key,
  served_ms, turn_ms, price, escrow`;
const NEEDIEST = `SELECT ${COLUMNS} FROM jobs WHERE run_status = 'running' AND pending > 0
  ORDER BY leases, created_ms, job_id LIMIT ${CANDIDATES_PAGE}`;

/** Of the jobs that a worker with lists takes, found by the index of those, page by page. */
function* findAmong(
  search: Search,
  owners: readonly string[] | undefined,
  jobs: readonly string[] | undefined,
): Script<Work | 'later' | undefined> {
  const only = [
    ...(owners === undefined ? [] : [isOneOf('owner', padded(owners))]),
    ...(jobs === undefined ? [] : [isOneOf('job_id', padded(jobs))]),
  ];
  const sql = `SELECT ${COLUMNS}
    FROM jobs WHERE run_status = 'running' AND pending > 0 AND (leases, created_ms, job_id) > (?, ?, ?) AND ${only.join(' AND ')}
    ORDER BY leases, created_ms, job_id LIMIT ${CANDIDATES_PAGE}`;
  const lists = [...padded(owners ?? []), ...padded(jobs ?? [])];
  let after: [number, number, string] = [-1, 0, ''];
  for (;;) {
    const rows = yield* all<CandidateRow>(sql, ...after, ...lists);
    const found = yield* chooseFrom(search, rows);
    const last = rows.at(-1);
    if (found !== undefined || rows.length < CANDIDATES_PAGE || last === undefined)
      return found ?? nothing(search);
    after = [last.leases, last.created_ms, last.job_id];
  }
}

/**
 * Behind the neediest jobs: one class of jobs after the other, of which those that the worker may not run are passed over
 * as a whole, however many jobs they have.
 */
function* findByClass(search: Search): Script<Work | 'later' | undefined> {
  let classKey = '';
  for (;;) {
    const first = yield* get<CandidateRow>(
      `SELECT ${COLUMNS} FROM jobs WHERE run_status = 'running' AND pending > 0 AND class_key >= ?
        ORDER BY class_key, job_id LIMIT 1`,
      classKey,
    );
    if (first === undefined) return nothing(search);
    let after = '';
    while (isOfClass(search, first)) {
      const rows = yield* all<CandidateRow>(
        `SELECT ${COLUMNS} FROM jobs WHERE run_status = 'running' AND pending > 0 AND class_key = ? AND job_id > ?
          ORDER BY job_id LIMIT ${CANDIDATES_PAGE}`,
        first.class_key,
        after,
      );
      const found = yield* chooseFrom(search, rows);
      if (found !== undefined) return found;
      if (rows.length < CANDIDATES_PAGE) break;
      after = rows.at(-1)!.job_id;
    }
    // It comes behind this class and before every other, whose texts are hexadecimal digits.
    classKey = `${first.class_key} `;
  }
}

/** Whether the worker may run jobs of that row's class, but for their owners and prices. */
function isOfClass({ c, isOfClass }: Search, row: CandidateRow): boolean {
  let is = isOfClass.get(row.class_key);
  if (is === undefined) {
    is = isEligible(toCandidate(row), { ...c.worker, ...ANY_OWNER });
    isOfClass.set(row.class_key, is);
  }
  return is;
}

/** A description without what sets the jobs of one class apart. */
const ANY_OWNER = {
  owners: undefined,
  jobs: undefined,
  blockedJobs: undefined,
  blockedOwners: undefined,
  minimumPrice: undefined,
};

/** The job among them that the worker is to serve, and its range; `later` once too many have nothing but for others. */
function* chooseFrom(search: Search, rows: readonly CandidateRow[]): Script<Work | 'later' | undefined> {
  const { ctx, c, heldBack } = search;
  const own: CandidateRow[] = [];
  for (const row of rows)
    if (isFunded(row) && isOfClass(search, row) && !(yield* isLoadHeldBack(search, row))) own.push(row);
  const candidates = new Map(own.map((row) => [row.job_id, toCandidate(row)]));
  const warmth = isOpenTurn(c.leaseId) ? {} : (c.warmth ?? {});
  const turns = new Map(own.map((row) => [row.job_id, turnsOf(row)]));
  for (;;) {
    const isClose = heldBack.size < LOOKED_AT_CLOSELY_MAX;
    if (!isClose) yield* leaveNeverFailed(search, candidates);
    const all = [...candidates.values()];
    const usual = chooseJob(all, c.worker, warmth);
    if (usual === undefined) return heldBack.size < LOOKED_AT_MAX ? undefined : 'later';
    const before = goesBefore(turns.get(usual.jobId)!, ctx.nowMs);
    const first = all.filter((job) => before(turns.get(job.jobId)!));
    const chosen = chooseJob(first, c.worker, warmth) ?? usual;
    const { jobId } = chosen;
    const range = yield* isClose ? rangeFor(search, chosen) : firstNeverFailedBy(jobId, c.worker.workerId);
    if (range !== undefined) return { job: chosen, range };
    candidates.delete(jobId);
    heldBack.add(jobId);
  }
}

/** Leaves those jobs alone that have slices which never failed on the worker. */
function* leaveNeverFailed({ c, heldBack }: Search, candidates: Map<string, Candidate>): Script<void> {
  for (const jobId of [...candidates.keys()]) {
    if ((yield* firstNeverFailedBy(jobId, c.worker.workerId)) !== undefined) continue;
    candidates.delete(jobId);
    heldBack.add(jobId);
  }
}

/** Whether the worker could not load the job a short while ago, and a better one is there. */
function* isLoadHeldBack(search: Search, row: CandidateRow): Script<boolean> {
  const { c, failedLoads, heldBack } = search;
  if (!failedLoads.has(row.job_id)) return false;
  // Many such jobs are not looked at closely: they are this worker's again in a while.
  let isHeld = heldBack.size >= LOOKED_AT_CLOSELY_MAX;
  if (!isHeld) {
    const tried = yield* failedLoadsOf(row.job_id);
    const failures = tried.filter(({ workerId }) => workerId === c.worker.workerId);
    isHeld = isLeft(search, toCandidate(row), { failures, tried });
  }
  if (isHeld) heldBack.add(row.job_id);
  return isHeld;
}

/** The pending range of the job that this worker gets slices of; undefined where they wait for another worker. */
function* rangeFor(search: Search, job: Candidate): Script<RangeRow | undefined> {
  for (const range of yield* rangesToRetry(job.jobId, RETRIES_LOOKED_AT)) {
    const tried = triedBy(attemptsOf(range));
    if (!isLeft(search, job, { failures: tried, tried })) return range;
  }
  return yield* firstUntried(job.jobId);
}

/** Whether that is left to a better worker of the job. */
function isLeft({ ctx, c }: Search, job: Candidate, failed: Parameters<typeof isLeftToBetter>[1]): boolean {
  return isLeftToBetter(runnerOf(c.worker), failed, ctx.nowMs, (tried, level) =>
    ctx.roster.hasBetter(job, tried, level, true),
  );
}

const isOneOf = (column: string, list: readonly string[]): string =>
  list.length === 0 ? '1 = 0' : `${column} IN (${list.map(() => '?').join(', ')})`;

/** The list, its last one repeated up to a power of two: so that there are few statements, whatever workers ask. */
function padded(list: readonly string[]): string[] {
  const length = list.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(list.length));
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]!);
}

const turnsOf = ({ leases, served_ms: servedMs, turn_ms: turnMs }: CandidateRow): Turns => ({
  leases,
  servedMs,
  turnMs,
});

const isFunded = (row: CandidateRow): boolean =>
  fundedSlices(BigInt(row.price), BigInt(row.escrow), row.leased) > 0;

function toCandidate(row: CandidateRow): Candidate {
  return {
    jobId: row.job_id,
    owner: row.owner,
    leases: row.leases,
    createdMs: row.created_ms,
    worktime: row.worktime,
    worktimeRange: row.worktime_range,
    groups: JSON.parse(row.groups_json) as GroupKey[],
    origins: JSON.parse(row.origins_json) as string[],
    price: BigInt(row.price),
  };
}
