/**
 * Which slices a worker that asks for work gets: of the neediest job that it may run, those first that failed elsewhere.
 * A slice that failed goes to a worker whose attempt tells more, as long as one is there.
 * @module
 */
import type { GroupKey } from '../../../protocol/messages.js';
import { independenceOf, runnerOf, type Runner } from '../../policy/attempts.js';
import { chooseJob, isOpenTurn, type Candidate } from '../../policy/choose-job.js';
import { fundedSlices } from '../../policy/price.js';
import { parseRunners } from '../job-record.js';
import { attemptsOf, firstUntried, rangesToRetry, type RangeRow } from '../ranges.js';
import { all, type Script } from '../script.js';
import type { Commands } from '../store.js';
import type { CommandContext } from './context.js';

/** Jobs that are looked at, neediest first, before a worker is told that there is nothing for it. */
const CANDIDATES_PAGE = 256;
/** Jobs of which a worker is told that what they have waits for others, before it is told so of all. */
const HELD_BACK_MAX = 16;
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
  unloadable_by: string;
  price: string;
  escrow: string;
}

/** Work for that worker; `later` where all that there is waits for another worker. */
export function* findWork(ctx: CommandContext, c: Commands['lease'][0]): Script<Work | 'later' | undefined> {
  const { owners, jobs } = c.worker;
  // A worker with lists is answered from the index of those; the others look at the neediest jobs, page by page.
  const only = [
    ...(owners === undefined ? [] : [isOneOf('owner', padded(owners))]),
    ...(jobs === undefined ? [] : [isOneOf('job_id', padded(jobs))]),
  ];
  const where = [
    `run_status = 'running' AND pending > 0`,
    '(leases, created_ms, job_id) > (?, ?, ?)',
    ...only,
  ];
  const sql = `SELECT job_id, owner, leases, created_ms, leased, worktime, worktime_range, groups_json, origins_json, unloadable_by, price, escrow
    FROM jobs WHERE ${where.join(' AND ')} ORDER BY leases, created_ms, job_id LIMIT ${CANDIDATES_PAGE}`;
  const warmth = isOpenTurn(c.leaseId) ? {} : (c.warmth ?? {});
  const lists = [...padded(owners ?? []), ...padded(jobs ?? [])];
  const heldBack = new Set<string>();
  let after: [number, number, string] = [-1, 0, ''];
  for (;;) {
    const rows = yield* all<CandidateRow>(sql, ...after, ...lists);
    const candidates = new Map(rows.filter(isFunded).map((row) => [row.job_id, toCandidate(row)]));
    const unloadableBy = new Map(rows.map((row) => [row.job_id, row.unloadable_by]));
    for (;;) {
      const chosen = chooseJob([...candidates.values()], c.worker, warmth);
      if (chosen === undefined) break;
      const range = yield* rangeFor(ctx, c, chosen, unloadableBy.get(chosen.jobId)!);
      if (range !== undefined) return { job: chosen, range };
      candidates.delete(chosen.jobId);
      heldBack.add(chosen.jobId);
      if (heldBack.size >= HELD_BACK_MAX) return 'later';
    }
    const last = rows.at(-1);
    if (rows.length < CANDIDATES_PAGE || last === undefined) return heldBack.size > 0 ? 'later' : undefined;
    after = [last.leases, last.created_ms, last.job_id];
  }
}

/** The pending range of the job that this worker gets slices of; undefined where they wait for another worker. */
function* rangeFor(
  ctx: CommandContext,
  c: Commands['lease'][0],
  job: Candidate,
  unloadableBy: string,
): Script<RangeRow | undefined> {
  const runner = runnerOf(c.worker);
  const waitsFor = (tried: readonly Runner[]): boolean =>
    ctx.roster.hasBetter(job, tried, independenceOf(runner, tried));
  if (unloadableBy.includes(runner.workerId) && waitsFor(parseRunners(unloadableBy))) return undefined;
  for (const range of yield* rangesToRetry(job.jobId, RETRIES_LOOKED_AT))
    if (!waitsFor(attemptsOf(range))) return range;
  return yield* firstUntried(job.jobId);
}

const isOneOf = (column: string, list: readonly string[]): string =>
  list.length === 0 ? '1 = 0' : `${column} IN (${list.map(() => '?').join(', ')})`;

/** The list, its last one repeated up to a power of two: so that there are few statements, whatever workers ask. */
function padded(list: readonly string[]): string[] {
  const length = list.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(list.length));
  return Array.from({ length }, (_, i) => list[Math.min(i, list.length - 1)]!);
}

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
