/**
 * The inputs by address of one lease: each is fetched once, when its slice needs it or before, and aborted when its slice
 * is released.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { FetchingJob, RemoteInput, RemoteInputs } from '../inputs/remote-inputs.js';

/** A fetch in progress, or its result. */
interface PendingFetch {
  readonly value: Promise<Uint8Array>;
  readonly abort: AbortController;
}

export class SliceFetches {
  readonly #remotes: RemoteInputs;
  readonly #pending = new Map<number, PendingFetch>();

  constructor(remotes: RemoteInputs) {
    this.#remotes = remotes;
  }

  /**
   * The encoded value at that address.
   * @throws as `RemoteInputs.fetch`; ABORTED by `drop`
   */
  get(remote: RemoteInput, job: FetchingJob): Promise<Uint8Array> {
    const pending = this.#begin(remote, job);
    const forget = (): void => this.#forget(remote.slice, pending);
    pending.value.then(forget, forget);
    return pending.value;
  }

  /** Starts a fetch whose result `get` will return later; errors are reported there. */
  prefetch(remote: RemoteInput, job: FetchingJob): void {
    this.#begin(remote, job);
  }

  /** Aborts the fetches for slices from `from` on. */
  drop(from = 0): void {
    for (const [slice, pending] of this.#pending) {
      if (slice < from) continue;
      pending.abort.abort(new ManyhandsError('ABORTED', 'The slice was released.'));
      this.#forget(slice, pending);
    }
  }

  #begin(remote: RemoteInput, job: FetchingJob): PendingFetch {
    const known = this.#pending.get(remote.slice);
    if (known !== undefined) return known;
    const abort = new AbortController();
    const pending = { value: this.#remotes.fetch(remote, job, abort), abort };
    // Prevents an unhandled rejection if it fails before `get`.
    pending.value.catch(() => undefined);
    this.#pending.set(remote.slice, pending);
    return pending;
  }

  #forget(slice: number, pending: PendingFetch): void {
    if (this.#pending.get(slice) === pending) this.#pending.delete(slice);
  }
}
