/**
 * One signal for many tasks at a time. Each task has a signal of its own, so that the source has one listener: Node warns
 * of a leak when a signal has more than ten.
 * @module
 */
export class SignalFan {
  readonly #running = new Set<AbortController>();

  constructor(readonly source: AbortSignal) {
    const onAbort = (): void => {
      for (const controller of this.#running) controller.abort(source.reason);
    };
    source.addEventListener('abort', onAbort, { once: true });
  }

  /** Runs a task with a signal that aborts when the source does. */
  async run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.source.throwIfAborted();
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      return await task(controller.signal);
    } finally {
      this.#running.delete(controller);
    }
  }
}
