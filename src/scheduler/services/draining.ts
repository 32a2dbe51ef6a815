/**
 * Draining of a node: it refuses new jobs and grants no leases, until all leases have ended or a time has passed.
 * @module
 */
import { delay, type Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import type { Log } from '../log/log.js';

/** Polling interval of the active leases while it drains, milliseconds. */
const DRAIN_POLL_MS = 50;

export interface DrainingOptions {
  clock: Clock;
  log: Log;
  /** Number of active leases. */
  leases: () => number;
  /** Called when it stops draining. */
  onResumed: () => void;
}

export class Draining {
  readonly #options: DrainingOptions;
  readonly #drained = deferred();
  #isOn = false;
  /** Monotonic milliseconds. */
  #untilMs = Infinity;
  #isLogged = false;

  constructor(options: DrainingOptions) {
    this.#options = options;
  }

  /** Whether new jobs are refused and no leases are granted. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Starts or stops draining. After `limitMs` the node counts as drained in any case; absent, an earlier limit stays. */
  set(on: boolean, limitMs?: number): void {
    const { clock, log, leases, onResumed } = this.#options;
    if (limitMs !== undefined) this.#untilMs = clock.monotonicMs() + limitMs;
    if (on === this.#isOn && limitMs === undefined) return;
    const isChanged = on !== this.#isOn;
    this.#isOn = on;
    this.#isLogged = false;
    log('warn', 'draining', { on, leases: leases(), ...(limitMs === undefined ? {} : { limitMs }) });
    if (!on) this.#untilMs = Infinity;
    if (isChanged && !on) onResumed();
  }

  /** Drains; resolves when all leases have ended, or after `limitMs`, with whether they have. */
  async finish(limitMs = Infinity): Promise<boolean> {
    this.set(true);
    const { clock, leases } = this.#options;
    const until = clock.monotonicMs() + limitMs;
    while (leases() > 0 && this.#isOn && clock.monotonicMs() < until) await delay(clock, DRAIN_POLL_MS);
    this.#isComplete();
    return leases() === 0;
  }

  /** Resolves when it drains and all leases have ended, or its time limit has passed. */
  get whenDrained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Called from time to time: resolves `whenDrained` when that is so. */
  check(): void {
    if (this.#isComplete()) this.#drained.resolve();
  }

  /** Whether it drains and all leases have ended or its time limit has passed; logged once. */
  #isComplete(): boolean {
    const { clock, log } = this.#options;
    const leases = this.#options.leases();
    if (!this.#isOn || (leases > 0 && clock.monotonicMs() < this.#untilMs)) return false;
    if (!this.#isLogged) log(leases > 0 ? 'warn' : 'info', 'drained', leases > 0 ? { leases } : {});
    this.#isLogged = true;
    return true;
  }
}
