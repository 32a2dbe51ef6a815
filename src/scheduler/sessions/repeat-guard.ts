/**
 * Keeps the order of a client's requests after one was refused because the store accepts no commits: later requests that
 * were already sent must not overtake the one that the client will repeat. A request with an earlier number is such a
 * repetition.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import type { ManyhandsError } from '../../lib/errors.js';
import { REQUESTS_IN_FLIGHT_MAX } from '../../lib/socket-limits.js';
import type { RequestMessage } from './session.js';
import { isStoreFailure } from '../store/port/store-failure.js';

export class RepeatGuard {
  /** By job or lease: the refusal whose repetition later requests must wait for. */
  readonly #refused = new Map<string, ManyhandsError>();
  #lastId = 0;

  /** Records a request; returns whether its number was already used on this connection. */
  received({ id }: RequestMessage): boolean {
    const isRepeated = id <= this.#lastId;
    this.#lastId = Math.max(id, this.#lastId);
    return isRepeated;
  }

  /** Called in request order before each is started. @throws the earlier refusal, when the request must not overtake it */
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
    setNewest(this.#refused, key, error, REQUESTS_IN_FLIGHT_MAX);
  }
}

/** The job or lease whose requests must keep their order; undefined when the order does not matter. */
function keyOf(message: RequestMessage): string | undefined {
  switch (message.type) {
    case 'job.append':
    case 'job.close':
      return message.jobId;
    case 'lease.report':
    case 'lease.release':
      return message.leaseId;
    default:
      return undefined;
  }
}
