/**
 * What becomes of a slice whose execution failed: it fails for good, or runs again. A failure is believed when independent
 * workers saw it (others, who are paid elsewhere), or when no other worker is there that could try: what one worker
 * reports alone ends no job and fails no slice while another may come.
 * @module
 */
import {
  ATTEMPTS_MAX,
  ATTEMPTS_OF_SLICE_MAX,
  HELD_BACK_MS_MAX,
  UNLOADABLE_SILENT_MS,
  WORK_ERRORS_MAX,
} from '../../protocol/limits.js';
import type { WorkerDescription } from '../../protocol/messages/messages.js';

/** Who ran something. */
export interface Runner {
  readonly workerId: string;
  /** The account that it is paid to. */
  readonly payee: string;
  /** Where its sandboxes run, which says which engine ran it. */
  readonly isolation: string;
}

/**
 * `thrown`: the work function's own error; `lost`: with its sandbox or worker; `silent`: it was taken from a worker that
 * showed no progress; `returned`: it was given back without an attempt, after others had failed.
 */
export type AttemptKind = 'thrown' | 'lost' | 'silent' | 'returned';

/** One execution of a slice that brought no result. */
export interface FailedAttempt extends Runner {
  readonly kind: AttemptKind;
  /** When it failed, wall milliseconds, rounded down a little. */
  readonly atMs: number;
}

/** A worker that could not load a job. */
export interface FailedLoad extends Runner {
  /** When it failed last, wall milliseconds. */
  readonly atMs: number;
}

export type Verdict = 'accept' | 'fail' | 'retry';

/** A run of slices with one verdict; `from` is an index into the report. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly from: number;
  readonly count: number;
}

/** Whether a worker of another identity than all of these is there now and could run the job. */
export type IsAnotherThere = (tried: readonly Runner[]) => boolean;

/** Attempts of one slice that are remembered, the latest ones. */
const REMEMBERED_MAX = 16;

/** A worker that gave a slice back so often without an attempt is not waited for any more. */
const RETURNS_MAX = 3;

/** Who need not be waited for: whoever failed the slice, was silent over it, or gave it back again and again. */
export function triedBy(attempts: readonly FailedAttempt[]): FailedAttempt[] {
  const returns = (workerId: string): number =>
    attempts.filter((one) => one.kind === 'returned' && one.workerId === workerId).length;
  return attempts.filter(({ kind, workerId }) => kind !== 'returned' || returns(workerId) >= RETURNS_MAX);
}

/** The attempts with one more, which ended at `nowMs`. */
export function withAttempt(
  attempts: readonly FailedAttempt[],
  next: Omit<FailedAttempt, 'atMs'>,
  nowMs: number,
): FailedAttempt[] {
  return [...attempts, { ...next, atMs: nowMs - (nowMs % TIME_STEP_MS) }].slice(-REMEMBERED_MAX);
}

/** Attempts are remembered to this time: slices that failed alike at about one time stay one range. */
const TIME_STEP_MS = 10_000;

/** What failed at or before that time is kept for no better worker any more, wall milliseconds. */
export const heldBackSinceMs = (nowMs: number): number => nowMs - HELD_BACK_MS_MAX;

/** Whether what failed at those times may still be kept for better workers than those that it failed on. */
export function isHeldBack(failures: readonly { readonly atMs: number }[], nowMs: number): boolean {
  return failures.some(({ atMs }) => atMs > heldBackSinceMs(nowMs));
}

/** How many of the attempts of that kind are independent: of distinct workers that are paid to distinct accounts. */
export function independent(attempts: readonly FailedAttempt[], kind: AttemptKind): number {
  return independentRunners(attempts.filter((attempt) => attempt.kind === kind));
}

/** How many workers there are among them that have no payee in common. */
export function independentRunners(runners: readonly Runner[]): number {
  const workers = new Set(runners.map(({ workerId }) => workerId));
  const payees = new Set(runners.map(({ payee }) => payee));
  return Math.min(workers.size, payees.size);
}

/** Judges a report of `count` outcomes; `onFailure` is the verdict of those that are errors. */
export function judge(
  count: number,
  isFailure: (index: number) => boolean,
  onFailure: Exclude<Verdict, 'accept'>,
): Judgement[] {
  const judgements: Judgement[] = [];
  for (let from = 0; from < count;) {
    const failure = isFailure(from);
    let to = from + 1;
    while (to < count && isFailure(to) === failure) to++;
    judgements.push({ verdict: failure ? onFailure : 'accept', from, count: to - from });
    from = to;
  }
  return judgements;
}

/** Whether a slice runs again behind `attempts`, of which the last one has just failed with `kind`. */
export function judgeFailure(
  attempts: readonly FailedAttempt[],
  kind: 'thrown' | 'lost',
  isAnotherThere: IsAnotherThere,
): Exclude<Verdict, 'accept'> {
  const enough = kind === 'thrown' ? WORK_ERRORS_MAX : ATTEMPTS_MAX;
  const alike = attempts.filter((attempt) => attempt.kind === kind);
  if (independentRunners(alike) >= enough) return 'fail';
  const counted = attempts.filter((attempt) => attempt.kind === 'thrown' || attempt.kind === 'lost');
  if (counted.length >= ATTEMPTS_OF_SLICE_MAX) return 'fail';
  return alike.length >= enough && !isAnotherThere(counted) ? 'fail' : 'retry';
}

/** Whether a final error was seen by workers of more than one payee: only then its last execution is paid. */
export function isConfirmed(attempts: readonly FailedAttempt[]): boolean {
  return independent(attempts, 'thrown') >= WORK_ERRORS_MAX;
}

/** What is known of a job that some workers could not load. */
export interface LoadRecord {
  /** Slices with a result. */
  readonly accepted: number;
  /** When the last of them came, wall milliseconds. */
  readonly resultMs: number;
  /** Workers that reported slices of it. */
  readonly loadedBy: number;
  /** How often it could not be loaded, and by whom last. */
  readonly unloadable: number;
  readonly unloadableBy: readonly FailedLoad[];
  /** What one slice of it is thought to take, milliseconds. */
  readonly sliceMs: number;
}

/** Slices that might have been done since a job's last result, before it is doubted that anybody can load it. */
const DOUBT_SLICES = 20;

/**
 * Whether a job is given up because nobody can load its work function: independent workers could not, or one could not
 * as often and no other is there; and not one slice of it has a result. Results of one worker alone save it for a while:
 * until none has come for long, and independent workers could not load it since.
 */
export function isUnloadable(job: LoadRecord, isAnotherThere: IsAnotherThere, nowMs: number): boolean {
  if (job.unloadable < ATTEMPTS_MAX) return false;
  if (job.accepted > 0) {
    const silentMs = Math.max(UNLOADABLE_SILENT_MS, DOUBT_SLICES * job.sliceMs);
    if (job.loadedBy > 1 || nowMs - job.resultMs < silentMs) return false;
    const since = job.unloadableBy.filter(({ atMs }) => atMs > job.resultMs);
    return independentRunners(since) >= ATTEMPTS_MAX;
  }
  return independentRunners(job.unloadableBy) >= ATTEMPTS_MAX || !isAnotherThere(job.unloadableBy);
}

/**
 * How much a further attempt by that worker would tell beyond those that failed: 0 it has failed itself, 1 another
 * worker of the same payee has, 2 it is independent, 3 and runs another engine too.
 */
export function independenceOf(runner: Runner, tried: readonly Runner[]): number {
  if (tried.some(({ workerId }) => workerId === runner.workerId)) return 0;
  if (tried.some(({ payee }) => payee === runner.payee)) return 1;
  return tried.some(({ isolation }) => isolation === runner.isolation) ? 2 : 3;
}

/** Whether a worker is there whose attempt would tell more than `level` beyond those that `tried`. */
export type HasBetter = (tried: readonly Runner[], level: number) => boolean;

/**
 * Whether what failed is left to a better worker than this one: for a while, and only as long as one is there.
 * @param failures those that hold it back: of a slice each attempt that counts, of a job's load the worker's own
 * @param tried everybody on whom it failed
 */
export function isLeftToBetter(
  runner: Runner,
  {
    failures,
    tried,
  }: { readonly failures: readonly { readonly atMs: number }[]; readonly tried: readonly Runner[] },
  nowMs: number,
  hasBetter: HasBetter,
): boolean {
  return isHeldBack(failures, nowMs) && hasBetter(tried, independenceOf(runner, tried));
}

/** The worker as one who runs something. */
export function runnerOf(worker: WorkerDescription): Runner {
  const { workerId, paymentAddress, isolation } = worker;
  return { workerId, payee: paymentAddress ?? `unclaimed:${workerId}`, isolation };
}
