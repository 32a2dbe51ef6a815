/**
 * The state machine of a job's run status. `cancelled` is final; `finished` is until failed slices are run again.
 *
 *   running ──counts: no funds──▶ paused ('nofunds') ──counts: funds──▶ running
 *   running, paused ──hold──▶ paused (the operator's reason) ──counts without a hold──▶ running or paused ('nofunds')
 *   running, paused ──counts: complete──▶ finished
 *   finished ──retry──▶ running
 *   running, paused ──cancel──▶ cancelled
 * @module
 */
import type { JournalEvent, RunStatus } from '../../protocol/messages/messages.js';

export interface JobStatusState {
  readonly runStatus: RunStatus;
  /** Why it is paused or cancelled; null otherwise. */
  readonly reason: string | null;
}

/** What can change a job's run status. */
export type JobStatusInput =
  | {
      /** The counts of its slices, its credits or its hold have changed. */
      readonly type: 'counts';
      /** Whether its input is closed and all its slices are done. */
      readonly isComplete: boolean;
      /** Whether it can pay for a slice, or needs to pay for none now. */
      readonly isFunded: boolean;
      /** Whether the operator or a ban holds it. */
      readonly isHeld: boolean;
    }
  /** The operator, or a ban of its owner, holds it. */
  | { readonly type: 'hold'; readonly reason: string }
  /** Its owner runs failed slices again. */
  | { readonly type: 'retry'; readonly slices: Extract<JournalEvent, { kind: 'retried' }>['slices'] }
  /** Its owner or the operator cancels it, or it cannot be run. */
  | { readonly type: 'cancel'; readonly reason: string };

/** The next state, and the event that goes into the job's journal. */
export interface JobStatusTransition extends JobStatusState {
  readonly event: Extract<
    JournalEvent,
    { kind: 'completed' | 'retried' | 'paused' | 'resumed' | 'cancelled' }
  >;
}

/** The reason of a job that is paused because it cannot pay for its next slice. */
const NO_FUNDS = 'nofunds';

/** Whether the job has ended. */
export const isFinalStatus = (runStatus: RunStatus): boolean =>
  runStatus === 'finished' || runStatus === 'cancelled';

/** The transition that the input causes; undefined when the state stays as it is. */
export function nextJobStatus(state: JobStatusState, input: JobStatusInput): JobStatusTransition | undefined {
  if (input.type === 'retry') return retry(state, input.slices);
  if (isFinalStatus(state.runStatus)) return undefined;
  switch (input.type) {
    case 'cancel':
      return {
        runStatus: 'cancelled',
        reason: input.reason,
        event: { kind: 'cancelled', reason: input.reason },
      };
    case 'hold':
      return pause(state, input.reason);
    case 'counts':
      if (input.isComplete) return { runStatus: 'finished', reason: null, event: { kind: 'completed' } };
      if (input.isHeld) return undefined;
      if (!input.isFunded) return pause(state, NO_FUNDS);
      if (state.runStatus === 'running') return undefined;
      return { runStatus: 'running', reason: null, event: { kind: 'resumed' } };
  }
}

function retry(
  { runStatus, reason }: JobStatusState,
  slices: Extract<JournalEvent, { kind: 'retried' }>['slices'],
): JobStatusTransition | undefined {
  if (runStatus === 'cancelled') return undefined;
  return {
    runStatus: runStatus === 'finished' ? 'running' : runStatus,
    reason,
    event: { kind: 'retried', slices },
  };
}

function pause(state: JobStatusState, reason: string): JobStatusTransition | undefined {
  if (state.runStatus === 'paused' && state.reason === reason) return undefined;
  return { runStatus: 'paused', reason, event: { kind: 'paused', reason } };
}
