/**
 * Checks signatures one after the other, of identities, compute groups and offers: each takes milliseconds of processor time,
 * and a client that sends many must not delay sockets and other clients.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { FAILED_PROOFS_PER_CONNECTION_MAX } from '../../protocol/limits.js';

export class ProofQueue {
  readonly #defer: (fn: () => void) => void;
  readonly #waiting: (() => Promise<void>)[] = [];
  #isRunning = false;

  /** `defer` schedules a callback after pending I/O events. */
  constructor(defer: (fn: () => void) => void) {
    this.#defer = defer;
  }

  /** Runs the check after all earlier ones; resolves or rejects as it does. */
  check<R>(run: () => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push(() => run().then(resolve, reject));
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await new Promise<void>((resolve) => this.#defer(resolve));
      await next();
    }
    this.#isRunning = false;
  }
}

/** Counts the failed proofs of one connection, and limits them. */
export class FailedProofs {
  #count = 0;

  /** @throws LIMIT_EXCEEDED before a check, when too many have failed */
  checkLimit(): void {
    if (this.#count < FAILED_PROOFS_PER_CONNECTION_MAX) return;
    throw new ManyhandsError(
      'LIMIT_EXCEEDED',
      'too many failed proofs of identity over one connection: reconnect',
      {
        limit: 'FAILED_PROOFS_PER_CONNECTION_MAX',
        max: FAILED_PROOFS_PER_CONNECTION_MAX,
        actual: this.#count + 1,
      },
    );
  }

  /** Runs a check and counts its failure. @throws LIMIT_EXCEEDED when too many have failed, and what the check throws */
  async count<R>(check: () => Promise<R>): Promise<R> {
    this.checkLimit();
    try {
      return await check();
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  failed(): void {
    this.#count += 1;
  }
}
