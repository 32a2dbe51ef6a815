/**
 * Proofs of identity, checked one after the other: each takes milliseconds of processor, and whoever sends many at once
 * must not keep sockets and other clients waiting.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { FAILED_PROOFS_PER_CONNECTION_MAX } from '../../protocol/limits.js';

export class ProofQueue {
  readonly #defer: (fn: () => void) => void;
  readonly #waiting: (() => Promise<void>)[] = [];
  #isRunning = false;

  /** `defer` calls back after what is ready now has been read. */
  constructor(defer: (fn: () => void) => void) {
    this.#defer = defer;
  }

  /** Runs the check when its turn has come; settles as it does. */
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

/** Counts one connection's wrong proofs, and ends their patience. */
export class FailedProofs {
  #count = 0;

  /** @throws LIMIT_EXCEEDED before a check, where too many have failed */
  enter(): void {
    if (this.#count < FAILED_PROOFS_PER_CONNECTION_MAX) return;
    throw new ManyhandsError(
      'LIMIT_EXCEEDED',
      'too many wrong proofs of identity over one connection: connect anew',
      {
        limit: 'FAILED_PROOFS_PER_CONNECTION_MAX',
        max: FAILED_PROOFS_PER_CONNECTION_MAX,
        actual: this.#count + 1,
      },
    );
  }

  /** Runs a check, unless too many have failed, and counts its failure. */
  async count<R>(check: () => Promise<R>): Promise<R> {
    this.enter();
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
