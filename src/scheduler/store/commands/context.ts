/**
 * What a command may know besides the store: the time, and whom to tell afterwards.
 * @module
 */
import type { IsAnotherThere } from '../../policy/attempts.js';
import { INDEPENDENT, type Roster } from '../../policy/roster.js';
import type { JobRecord, StoredEvent } from '../rows/job-record.js';
import { addJournal } from '../rows/job-record.js';
import type { Script } from '../rows/query-plan.js';
import type { JobNote, Notes } from '../port/store.js';

export interface CommandContext {
  /** Wall milliseconds; the same for all commands of a commit. */
  readonly nowMs: number;
  /** Marks the journal rows of this run of the store. */
  readonly epoch: number;
  readonly notes: Notes;
  readonly roster: Roster;
}

export const emptyNotes = (): Notes => ({ journal: new Set(), work: new Map(), revoked: [], jobs: [] });

/** Rows of the journal that the operator's log has too. */
const LOGGED: Partial<Record<StoredEvent['kind'], JobNote['event']>> = {
  accepted: 'deployed',
  completed: 'finished',
  cancelled: 'cancelled',
  paused: 'paused',
  resumed: 'resumed',
};

/** Whether a worker of another identity than those that tried is there, which may run the job. */
export const isAnotherThere =
  (ctx: CommandContext, job: JobRecord): IsAnotherThere =>
  (tried) =>
    ctx.roster.hasBetter(job, tried, INDEPENDENT - 1);

/** Adds a journal row and lets the job's followers know. */
export function* note(ctx: CommandContext, job: JobRecord, event: StoredEvent): Script<number> {
  ctx.notes.journal.add(job.jobId);
  const noted = LOGGED[event.kind];
  if (noted !== undefined) {
    const { jobId, owner, total, accepted, failed, price, paid } = job;
    const reason = 'reason' in event ? { reason: event.reason } : {};
    ctx.notes.jobs.push({ event: noted, jobId, owner, ...reason, total, accepted, failed, price, paid });
  }
  return yield* addJournal(job, event, ctx.nowMs, ctx.epoch);
}
