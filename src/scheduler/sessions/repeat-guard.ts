/**
 * Keeps the order of what a client asks when one of its requests was refused since the store took nothing: what it sent
 * before it heard of that must not pass the request that it will repeat. A request whose number was there before is a
 * repetition, so its client has heard.
 * @module
 */
import type { ManyhandsError } from '../../lib/errors.js';
import { REQUESTS_IN_FLIGHT_MAX } from '../../lib/socket-limits.js';
import type { RequestMessage } from './session.js';
import { isStoreFailure } from '../store/port/store-failure.js';

export class RepeatGuard {
  /** Why requests of a job or lease wait for a repetition. */
  readonly #refused = new Map<string, ManyhandsError>();
  #lastId = 0;

  /** Notes that a request came; answers whether it was asked before on this connection. */
  received({ id }: RequestMessage): boolean {
    const isRepeated = id <= this.#lastId;
    this.#lastId = Math.max(id, this.#lastId);
    return isRepeated;
  }

  /** Called in the order of the requests, before each is begun. @throws why one that must not pass another has to wait */
  begin(message: RequestMessage, isRepeated: boolean): void {
    const key = keyOf(message);
    if (key === undefined) return;
    if (isRepeated) this.#refused.delete(key);
    const error = this.#refused.get(key);
    if (error !== undefined) throw error;
  }

  refused(message: RequestMessage, error: unknown): void {
    const key = keyOf(message);
    if (key === undefined || !isStoreFailure(error)) return;
    this.#refused.set(key, error);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > REQUESTS_IN_FLIGHT_MAX) this.#refused.delete(oldest!);
  }
}

/** What the request belongs to, where its place among others matters. */
function keyOf(message: RequestMessage): string | undefined {
  switch (message.type) {
    case 'job.append':
    case 'job.close':
      return message.jobId;
    case 'lease.report':
    case 'lease.return':
      return message.leaseId;
    default:
      return undefined;
  }
}
