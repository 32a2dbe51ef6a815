/**
 * Publishes the progress, the console output and the events of slices within rate limits: to the owner of the machine as events, and
 * to the scheduler as notices.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Emitter } from '../../lib/events.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import { CONSOLE_MESSAGES_PER_SECOND_MAX, PROGRESS_INTERVAL_MS } from '../../protocol/limits.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { Effect } from '../core/events.js';
import type { WorkerEvents } from '../options/worker-events.js';
import type { WorkerStats } from './worker-stats.js';

/** Console output of one worker, UTF-16 units: a second, and in a burst. */
const CONSOLE_UNITS_PER_SECOND = 256 * 1024;
const CONSOLE_UNITS_BURST = 1024 * 1024;

export interface SliceActivityPorts {
  client: SchedulerRequests;
  clock: Clock;
  events: Emitter<WorkerEvents>;
  stats: WorkerStats;
}

export class SliceActivity {
  readonly #ports: SliceActivityPorts;
  readonly #consoleMessages: TokenBucket;
  readonly #consoleUnits: TokenBucket;
  /** When progress of each slot was published last, monotonic clock, milliseconds. */
  readonly #progressMs: number[] = [];

  constructor(ports: SliceActivityPorts) {
    this.#ports = ports;
    const nowMs = ports.clock.monotonicMs();
    const perSecond = CONSOLE_MESSAGES_PER_SECOND_MAX;
    this.#consoleMessages = new TokenBucket(perSecond, perSecond, nowMs);
    this.#consoleUnits = new TokenBucket(CONSOLE_UNITS_PER_SECOND, CONSOLE_UNITS_BURST, nowMs);
  }

  /** Publishes the progress of a slice, unless that of its sandbox was published a short time ago. */
  progressed(effect: Extract<Effect, { type: 'progressed' }>): void {
    const { slot, leaseId, jobId, sliceNumber, progress } = effect;
    const { clock, client, stats } = this.#ports;
    const nowMs = clock.monotonicMs();
    // Half of the sandbox's own interval: its messages may arrive closer together than it sent them.
    if (nowMs - (this.#progressMs[slot] ?? -Infinity) < PROGRESS_INTERVAL_MS / 2) return;
    this.#progressMs[slot] = nowMs;
    stats.progressed(slot, jobId, sliceNumber, progress);
    const known = progress === undefined ? {} : { progress };
    client.notify({ type: 'slice.progress', leaseId, sliceNumber, ...known });
  }

  /** Passes an event on, unless the worker's limits are reached. */
  emitted(effect: Extract<Effect, { type: 'emitted' }>): void {
    const { leaseId, sliceNumber, name, value } = effect;
    const { clock, client } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (!this.#consoleMessages.take(nowMs) || !this.#consoleUnits.take(nowMs, value.byteLength)) return;
    client.notify({ type: 'slice.event', leaseId, sliceNumber, name, value });
  }

  /** Publishes a console message, unless the worker's limits are reached. */
  printed(effect: Extract<Effect, { type: 'printed' }>): void {
    const { slot, leaseId, jobId, sliceNumber, level, message, same } = effect;
    const { clock, client, events } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (!this.#consoleMessages.take(nowMs) || !this.#consoleUnits.take(nowMs, message.length)) return;
    const shown = { sliceNumber, level, message, ...(same === undefined ? {} : { same }) };
    events.emit('console', { sandbox: slot, jobId, ...shown });
    client.notify({ type: 'slice.console', leaseId, ...shown });
  }
}
