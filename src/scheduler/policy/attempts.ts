/**
 * Classifies the attempts of a slice: accept its outcome, run it again, or fail it for good. A failure is final when
 * independent workers (distinct workers, paid to distinct accounts) reported it, or when no other connected worker could
 * run the slice. One worker alone cannot fail a slice or end a job while another worker can still try.
 * @module
 */
import {
  LOST_ATTEMPTS_MAX,
  SLICE_ATTEMPTS_MAX,
  HELD_BACK_MS_MAX,
  UNLOADABLE_NO_RESULT_MS,
  WORK_ERRORS_MAX,
} from '../../protocol/limits.js';
import type { WorkerDescription } from '../../protocol/messages/messages.js';

/** A worker that executed a slice or tried to load a job. */
export interface Executor {
  readonly workerId: string;
  /** The account that is credited for its slices. */
  readonly payee: string;
  /** The kind of host that runs its sandboxes; it identifies the JavaScript engine. */
  readonly isolation: string;
}

/**
 * `thrown`: the work function threw; `lost`: the sandbox crashed or the worker disconnected; `silent`: the lease was revoked
 * because the worker made no progress; `returned`: the worker released the slice unstarted, after others had failed.
 */
export type AttemptKind = 'thrown' | 'lost' | 'silent' | 'returned';

/** One attempt at a slice that produced no result. */
export interface FailedAttempt extends Executor {
  readonly kind: AttemptKind;
  /** Wall milliseconds of the failure, rounded down to `TIME_STEP_MS`. */
  readonly atMs: number;
}

/** A worker that failed to load a job (its package, work function or worktime). */
export interface FailedLoad extends Executor {
  /** Wall milliseconds of its latest failure. */
  readonly atMs: number;
}

export type AttemptResult = 'accept' | 'fail' | 'retry';

/** Consecutive outcomes of a report with the same result; `from` is an index into the report. */
export interface OutcomeRun {
  readonly result: AttemptResult;
  readonly from: number;
  readonly count: number;
}

/** Whether a connected worker that is independent of all of `tried` could run the job. */
export type HasIndependentWorker = (tried: readonly Executor[]) => boolean;

/** The latest failed attempts that are stored for one slice. */
const STORED_ATTEMPTS_MAX = 16;

/** After so many releases of a slice without an attempt, no slice is deferred for that worker any more. */
const RETURNS_MAX = 3;

/** The attempts that count against a worker: it failed the slice, made no progress on it, or released it `RETURNS_MAX` times. */
export function triedExecutors(attempts: readonly FailedAttempt[]): FailedAttempt[] {
  const returns = (workerId: string): number =>
    attempts.filter((one) => one.kind === 'returned' && one.workerId === workerId).length;
  return attempts.filter(({ kind, workerId }) => kind !== 'returned' || returns(workerId) >= RETURNS_MAX);
}

/** The attempts plus one that ended at `nowMs` (wall milliseconds); the oldest are dropped. */
export function appendAttempt(
  attempts: readonly FailedAttempt[],
  next: Omit<FailedAttempt, 'atMs'>,
  nowMs: number,
): FailedAttempt[] {
  return [...attempts, { ...next, atMs: nowMs - (nowMs % TIME_STEP_MS) }].slice(-STORED_ATTEMPTS_MAX);
}

/** Resolution of stored attempt times, milliseconds: slices that failed alike at nearly the same time stay one range. */
const TIME_STEP_MS = 10_000;

/** Failures at or before this time (wall milliseconds) do not defer a slice for a better worker any more. */
export const deferredSinceMs = (nowMs: number): number => nowMs - HELD_BACK_MS_MAX;

/** Whether failures at those times may still defer a slice or job for better workers. */
export function isDeferred(failures: readonly { readonly atMs: number }[], nowMs: number): boolean {
  return failures.some(({ atMs }) => atMs > deferredSinceMs(nowMs));
}

/** Counts the independent executors: distinct workers that are paid to distinct accounts. */
export function countIndependentExecutors(executors: readonly Executor[]): number {
  const workers = new Set(executors.map(({ workerId }) => workerId));
  const payees = new Set(executors.map(({ payee }) => payee));
  return Math.min(workers.size, payees.size);
}

/** Groups the `count` outcomes of a report by result; `onFailure` is the result of those that are errors. */
export function classifyOutcomes(
  count: number,
  isFailure: (index: number) => boolean,
  onFailure: Exclude<AttemptResult, 'accept'>,
): OutcomeRun[] {
  const runs: OutcomeRun[] = [];
  for (let from = 0; from < count;) {
    const failure = isFailure(from);
    let to = from + 1;
    while (to < count && isFailure(to) === failure) to++;
    runs.push({ result: failure ? onFailure : 'accept', from, count: to - from });
    from = to;
  }
  return runs;
}

/**
 * Whether a slice runs again after `attempts`, the last of which has just failed with `kind`.
 * @param attemptsMax how many attempts its job gives a slice, on whichever workers; null where independence decides
 */
export function classifyFailure(
  attempts: readonly FailedAttempt[],
  kind: 'thrown' | 'lost',
  hasIndependentWorker: HasIndependentWorker,
  attemptsMax: number | null = null,
): Exclude<AttemptResult, 'accept'> {
  if (attemptsMax !== null) return failedOf(attempts).length >= attemptsMax ? 'fail' : 'retry';
  const enough = kind === 'thrown' ? WORK_ERRORS_MAX : LOST_ATTEMPTS_MAX;
  const alike = attempts.filter((attempt) => attempt.kind === kind);
  if (countIndependentExecutors(alike) >= enough) return 'fail';
  const counted = failedOf(attempts);
  if (counted.length >= SLICE_ATTEMPTS_MAX) return 'fail';
  return alike.length >= enough && !hasIndependentWorker(counted) ? 'fail' : 'retry';
}

const failedOf = (attempts: readonly FailedAttempt[]): FailedAttempt[] =>
  attempts.filter(({ kind }) => kind === 'thrown' || kind === 'lost');

/** Whether workers with distinct payees reported a final error: only then its last execution is paid. */
export function isConfirmed(attempts: readonly FailedAttempt[]): boolean {
  return countIndependentExecutors(attempts.filter(({ kind }) => kind === 'thrown')) >= WORK_ERRORS_MAX;
}

/** The results of a job and the failed attempts to load it. */
export interface LoadHistory {
  /** Slices with a result. */
  readonly accepted: number;
  /** Wall milliseconds of the latest result. */
  readonly resultMs: number;
  /** Number of workers that reported slices of the job. */
  readonly loadedBy: number;
  /** Number of failed loads, and the latest workers that failed. */
  readonly unloadable: number;
  readonly unloadableBy: readonly FailedLoad[];
  /** Estimated duration of one slice, milliseconds. */
  readonly sliceMs: number;
}

/** A job with results counts as unloadable only after the time of so many slices without a further result. */
const SILENT_SLICES_MIN = 20;

/**
 * Whether a job is cancelled because no worker can load its work function: independent workers failed to, or one worker
 * failed as often and no other is connected; and no slice has a result. Results of a single worker keep the job alive
 * until none has arrived for a long time and independent workers have failed to load it since. `nowMs`: wall time.
 */
export function isUnloadable(
  job: LoadHistory,
  hasIndependentWorker: HasIndependentWorker,
  nowMs: number,
): boolean {
  if (job.unloadable < LOST_ATTEMPTS_MAX) return false;
  if (job.accepted > 0) {
    const silentMs = Math.max(UNLOADABLE_NO_RESULT_MS, SILENT_SLICES_MIN * job.sliceMs);
    if (job.loadedBy > 1 || nowMs - job.resultMs < silentMs) return false;
    const since = job.unloadableBy.filter(({ atMs }) => atMs > job.resultMs);
    return countIndependentExecutors(since) >= LOST_ATTEMPTS_MAX;
  }
  return (
    countIndependentExecutors(job.unloadableBy) >= LOST_ATTEMPTS_MAX ||
    !hasIndependentWorker(job.unloadableBy)
  );
}

/**
 * How independent an attempt by that worker would be of the failed ones: 0 the worker itself failed, 1 another worker of
 * the same payee failed, 2 independent, 3 independent and on another JavaScript engine.
 */
export function independenceLevel(executor: Executor, tried: readonly Executor[]): number {
  if (tried.some(({ workerId }) => workerId === executor.workerId)) return 0;
  if (tried.some(({ payee }) => payee === executor.payee)) return 1;
  return tried.some(({ isolation }) => isolation === executor.isolation) ? 2 : 3;
}

/** Whether a connected worker has a higher `independenceLevel` than `level` with respect to `tried`. */
export type HasBetterWorker = (tried: readonly Executor[], level: number) => boolean;

/**
 * Whether a failed slice or job is deferred to a more independent worker: for a limited time, and only while one is
 * connected.
 * @param failures those that defer it: for a slice each attempt that counts, for a job's load this worker's own failures
 * @param tried all workers on which it failed
 * @param nowMs wall milliseconds
 */
export function isDeferredToBetter(
  executor: Executor,
  {
    failures,
    tried,
  }: { readonly failures: readonly { readonly atMs: number }[]; readonly tried: readonly Executor[] },
  nowMs: number,
  hasBetterWorker: HasBetterWorker,
): boolean {
  return isDeferred(failures, nowMs) && hasBetterWorker(tried, independenceLevel(executor, tried));
}

/** The executor that a worker's description names; without a payment address its payee is an unclaimed account. */
export function executorOf(worker: WorkerDescription): Executor {
  const { workerId, paymentAddress, sandboxHost: isolation } = worker;
  return { workerId, payee: paymentAddress ?? `unclaimed:${workerId}`, isolation };
}
