/**
 * Keeps the order of a client's requests after one was refused because the store accepts no commits: later requests that
 * were already sent must not overtake the one that the client will repeat. A request with an earlier number is such a
 * repetition. A client that does not repeat it in time has given it up.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { setNewest } from '../../lib/bounded-map.js';
import type { ManyhandsError } from '../../lib/errors.js';
import { REQUESTS_IN_FLIGHT_MAX } from '../../lib/socket-limits.js';
import type { RequestMessage } from './session.js';
import { isStoreFailure } from '../store/port/store-failure.js';

/** Time in which a client repeats a refused request, milliseconds. Timers of a hidden tab may be a minute late. */
const REPEAT_MS_MAX = 120_000;

export class RepeatGuard {
  readonly #clock: Clock;
  /** By job or lease: the refusal whose repetition later requests must wait for, and its time (monotonic milliseconds). */
  readonly #refused = new Map<string, { error: ManyhandsError; atMs: number }>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

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
    const refusal = this.#refused.get(key);
    if (refusal === undefined) return;
    if (!isRepeated && this.#clock.monotonicMs() - refusal.atMs < REPEAT_MS_MAX) throw refusal.error;
    this.#refused.delete(key);
  }

  refused(message: RequestMessage, error: unknown): void {
    const key = keyOf(message);
    if (key === undefined || !isStoreFailure(error) || this.#refused.has(key)) return;
    const refusal = { error, atMs: this.#clock.monotonicMs() };
    setNewest(this.#refused, key, refusal, REQUESTS_IN_FLIGHT_MAX);
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
