/**
 * Stores checkpoints of running slices at the scheduler, and answers the sandbox. A sandbox that sends them faster than it is
 * answered, or than a checkpoint may follow another, is answered that they are not saved.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { Clock } from '../../lib/clock.js';
import { CHECKPOINT_INTERVAL_MS } from '../../protocol/limits.js';
import type { WorkerLeases } from './worker-leases.js';
import type { CheckpointEffect } from '../core/events.js';

/** A slice does not wait longer for the answer, milliseconds: the connection may be lost. */
const REPLY_MS_MAX = 5_000;
/** Messages of a sandbox may arrive closer to each other than it sent them. */
const SPACING_MS = CHECKPOINT_INTERVAL_MS * 0.75;

export interface SliceCheckpointsPorts {
  client: SchedulerRequests;
  clock: Clock;
  leases: WorkerLeases;
  /** Answers the sandbox that sent the checkpoint, if it is still there. */
  answer: (effect: CheckpointEffect, saved: boolean) => void;
}

export class SliceCheckpoints {
  readonly #ports: SliceCheckpointsPorts;
  /** By slot: when the last one was sent, monotonic milliseconds, and whether it has no answer yet. */
  readonly #last = new Map<number, { sentMs: number; isPending: boolean }>();

  constructor(ports: SliceCheckpointsPorts) {
    this.#ports = ports;
  }

  save(effect: CheckpointEffect): void {
    const { client, clock, leases, answer } = this.#ports;
    const { slot, leaseId, sliceNumber, state } = effect;
    const nowMs = clock.monotonicMs();
    const last = this.#last.get(slot);
    if (last !== undefined && (last.isPending || nowMs - last.sentMs < SPACING_MS))
      return answer(effect, false);
    const own = { sentMs: nowMs, isPending: true };
    this.#last.set(slot, own);
    let isAnswered = false;
    const settle = (saved: boolean): void => {
      if (!isAnswered) answer(effect, saved);
      isAnswered = true;
    };
    const cancelTimer = clock.after(REPLY_MS_MAX, () => settle(false), { background: true });
    client
      .request('lease.checkpoint', { leaseId, sliceNumber, state })
      .then(
        () => {
          leases.get(leaseId)?.stored({ sliceNumber, state });
          settle(true);
        },
        // The slice goes on without it; a lost lease is noticed by its report.
        () => settle(false),
      )
      .finally(() => {
        own.isPending = false;
        cancelTimer();
      });
  }
}
