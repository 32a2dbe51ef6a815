/**
 * What becomes of a reported outcome: it is final, or its slice runs again. A thrown error is believed when a second
 * execution throws too; an execution that is lost with its sandbox or worker is repeated a few times.
 * @module
 */
import { ATTEMPTS_MAX, WORK_ERRORS_MAX } from '../../protocol/limits.js';

/** How often executions of a slice were lost, or ended in the work function's own error. */
export interface Attempts {
  readonly lost: number;
  readonly thrown: number;
}

export type Verdict = 'accept' | 'fail' | 'retry';

/** A run of slices with one verdict; `from` is an index into the report. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly from: number;
  readonly count: number;
}

/** Judges a report of `count` outcomes. */
export function judge(count: number, isFailure: (index: number) => boolean, attempts: Attempts): Judgement[] {
  const onFailure: Verdict = attempts.thrown + 1 >= WORK_ERRORS_MAX ? 'fail' : 'retry';
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

/**
 * Whether a job is given up because nobody can load its work function: sandboxes could not be made ready for it, as
 * often as one slice may be lost, and not one slice of it has a result.
 */
export function isUnloadable(job: { accepted: number; unloadable: number }): boolean {
  return job.accepted === 0 && job.unloadable >= ATTEMPTS_MAX;
}

/** Whether a slice whose execution was lost once more runs again. */
export function judgeLost(attempts: Attempts): Exclude<Verdict, 'accept'> {
  return attempts.lost + 1 >= ATTEMPTS_MAX ? 'fail' : 'retry';
}
