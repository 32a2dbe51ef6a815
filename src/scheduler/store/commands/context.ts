/**
 * The input of a command besides the store (time, roster), and the events that it emits.
 * @module
 */
import type { HasIndependentWorker } from '../../policy/attempts.js';
import { INDEPENDENT_LEVEL, type Roster } from '../../policy/roster.js';
import { addJournal } from '../rows/job-record.js';
import type { QueryPlan } from '../rows/query-plan.js';
import type { JobRecord } from '../schema/job-tables.js';
import type { StoredEvent } from '../schema/slice-tables.js';
import type { JobLogEvent, CommitEvents } from '../port/store.js';

export interface CommandContext {
  /** Wall milliseconds; the same for all commands of a commit. */
  readonly nowMs: number;
  /** The node that executes the command: leases are bound to the node to which their worker is connected. */
  readonly nodeId: string;
  /** Identifies the run of the store that writes journal rows. */
  readonly epoch: number;
  readonly events: CommitEvents;
  readonly roster: Roster;
}

export const newCommitEvents = (): CommitEvents => ({
  journal: new Set(),
  work: new Map(),
  revoked: [],
  jobs: [],
});

/** Journal events that are also written to the operator's log. */
const LOGGED_EVENTS: Partial<Record<StoredEvent['kind'], JobLogEvent['event']>> = {
  accepted: 'deployed',
  completed: 'finished',
  cancelled: 'cancelled',
  paused: 'paused',
  resumed: 'resumed',
};

/** Whether a connected worker that is independent of those that tried may run the job. */
export const hasIndependentWorker =
  (ctx: CommandContext, job: JobRecord): HasIndependentWorker =>
  (tried) =>
    ctx.roster.hasBetterWorker(job, tried, INDEPENDENT_LEVEL - 1);

/** Adds a journal row, and emits the events for followers and log. @returns the row's sequence number */
export function* recordEvent(ctx: CommandContext, job: JobRecord, event: StoredEvent): QueryPlan<number> {
  ctx.events.journal.add(job.jobId);
  const logged = LOGGED_EVENTS[event.kind];
  if (logged !== undefined) {
    const { jobId, owner, total, accepted, failed, price, paid } = job;
    const reason = 'reason' in event ? { reason: event.reason } : {};
    ctx.events.jobs.push({ event: logged, jobId, owner, ...reason, total, accepted, failed, price, paid });
  }
  return yield* addJournal(job, event, ctx.nowMs, ctx.epoch);
}
