/**
 * Ensures that a sandbox without work runs no code. It is asked to confirm this with a nonce that job code does not
 * know, and its processor time is measured where it has a process of its own. A sandbox that fails either is ended.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** Time in which a sandbox must confirm that it has quiesced, and interval of repeated requests, milliseconds. */
export const QUIESCE_MS_MAX = 3_000;
const ASK_INTERVAL_MS = 1_000;
/** Interval at which the processor time is measured: it doubles from the first to the second, milliseconds. */
const CPU_POLL_MS = 1_000;
const CPU_POLL_MS_MAX = 30_000;
/** Processor time that the engine itself may use between two measurements: a fixed part, milliseconds, and a share. */
const CPU_MS_ALLOWED = 200;
const CPU_SHARE_ALLOWED = 0.05;
/** Consecutive measurements above the limit after which the sandbox is ended. */
const BUSY_POLLS_MAX = 2;

export interface QuiesceMonitorOptions {
  clock: Clock;
  random: Random;
  send: (message: SupervisorToSandbox) => void;
  /** Ends the sandbox; `reason` is a sentence. */
  end: (reason: string) => void;
}

export class QuiesceMonitor {
  readonly #options: QuiesceMonitorOptions;
  #sandbox: Sandbox | undefined;
  #isActive = false;
  /** Nonces of unanswered requests, in order. */
  #pendingNonces: string[] = [];
  #cancel: CancelTimer | undefined;
  /** Incremented by `begin` and `end`, so that results of earlier measurements are ignored. */
  #epoch = 0;

  constructor(options: QuiesceMonitorOptions) {
    this.#options = options;
  }

  /** The sandbox has no work: no code may run in it from now on. */
  begin(sandbox: Sandbox): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#epoch += 1;
    this.#sandbox = sandbox;
    this.#ask();
  }

  /** The sandbox gets work, or has ended. */
  end(): void {
    this.#isActive = false;
    this.#epoch += 1;
    this.#cancel?.();
  }

  /** The sandbox confirmed that it has quiesced. */
  onReply(nonce: string): void {
    if (this.#pendingNonces.shift() !== nonce)
      return this.#options.end('The sandbox answered a request that was not sent.');
    if (this.#pendingNonces.length > 0 || !this.#isActive) return;
    this.#cancel?.();
    if (this.#sandbox?.sleeps === true) return this.#watchCpu(CPU_POLL_MS, undefined, 0);
    this.#cancel = this.#options.clock.after(ASK_INTERVAL_MS, () => this.#ask(), { background: true });
  }

  #ask(): void {
    const { clock, random, send, end } = this.#options;
    const endBusy = (): void => end('Code that its slices left behind kept the sandbox busy.');
    const limit = (fn: () => void): void => {
      this.#cancel = clock.after(QUIESCE_MS_MAX, fn, { background: true });
    };
    const askedMs = clock.monotonicMs();
    const nonce = newId(random);
    this.#pendingNonces.push(nonce);
    // A timer that fires much too late shows that the machine was suspended: the answer may be queued behind it.
    limit(() => (clock.monotonicMs() - askedMs < QUIESCE_MS_MAX * 2 ? endBusy() : limit(endBusy)));
    send({ type: 'quiesce', nonce });
  }

  /** The sandbox's confirmation can be forged by job code: a quiesced process must also use no processor time. */
  #watchCpu(everyMs: number, before: { cpuMs: number; atMs: number } | undefined, busyPolls: number): void {
    const { clock, end } = this.#options;
    const epoch = this.#epoch;
    const polled = this.#sandbox?.cpuMs?.();
    void polled?.then((cpuMs) => {
      if (cpuMs === undefined || epoch !== this.#epoch) return;
      const atMs = clock.monotonicMs();
      const allowedMs =
        before === undefined ? Infinity : CPU_MS_ALLOWED + (atMs - before.atMs) * CPU_SHARE_ALLOWED;
      const isBusy = before !== undefined && cpuMs - before.cpuMs > allowedMs;
      if (isBusy && busyPolls + 1 >= BUSY_POLLS_MAX)
        return end('Code that its slices left behind computed while the sandbox claimed to be quiesced.');
      const nextMs = isBusy || before === undefined ? CPU_POLL_MS : Math.min(CPU_POLL_MS_MAX, everyMs * 2);
      const again = (): void => this.#watchCpu(nextMs, { cpuMs, atMs }, isBusy ? busyPolls + 1 : 0);
      this.#cancel = clock.after(nextMs, again, { background: true });
    });
  }
}
