/**
 * Fetches inputs that are given by address, for sandboxes, which have no network. It fetches only from origins that the job
 * declared and the owner of this machine allows, without credentials or referrer, and within limits of size and time.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { REMOTE_BYTES_MAX } from '../../protocol/limits.js';
import type { JobId } from '../../protocol/messages/messages.js';
import { decodeContent } from '../../protocol/input/remote-content.js';
import { encodeValue } from '../../protocol/values/values.js';
import { FetchLimiter } from './fetch-limiter.js';
import type { JobBytes } from './job-bytes.js';
import { readBounded } from '../../client/http/read-bounded.js';
import { retryAfterMs } from '../../client/http/retry-after.js';
import { retry, TransientFailure } from '../../client/retry/retry.js';
import { SiteRefusals } from './site-refusals.js';

/** Maximum time of one attempt, and until its response begins, milliseconds. */
const FETCH_MS_MAX = 60_000;
const RESPONSE_MS_MAX = 15_000;
/**
 * Attempts where a retry may succeed, and the maximum delay before the second, milliseconds. Both are kinder than for a
 * scheduler: the server belongs to somebody else.
 */
const TRIES_MAX = 3;
const RETRY_FIRST_MS = 1_000;
const CORS_ADVICE = '; where browsers are to fetch it, it must allow pages of other sites (CORS)';
/** Characters of an address that error messages show. */
const URL_SHOWN_LENGTH_MAX = 500;

export interface RemoteInputsPorts {
  fetch: typeof fetch;
  clock: Clock;
  random: Random;
  jobBytes?: JobBytes;
  /** The origins that the owner of the machine allows now. */
  allowed: () => readonly string[];
}

/** An address that is the input of a slice. */
export interface RemoteInput {
  slice: number;
  url: string;
}

/** The job that the input is fetched for. */
export interface FetchingJob {
  jobId: JobId;
  /** The origins that the job declared. */
  origins: readonly string[];
}

/** A failure that a retry may resolve. */
class TransientError extends Error {
  constructor(
    what: string,
    readonly advice = '',
    options: ErrorOptions = {},
  ) {
    super(what, options);
  }
}

export class RemoteInputs {
  readonly #ports: RemoteInputsPorts;
  readonly #limiter: FetchLimiter;
  readonly #refusals: SiteRefusals;

  constructor(ports: RemoteInputsPorts) {
    this.#ports = ports;
    this.#limiter = new FetchLimiter(ports.clock);
    this.#refusals = new SiteRefusals(() => ports.clock.monotonicMs());
  }

  /**
   * The encoded value at that address. A server that asks clients to wait costs no slice an attempt, unless it does so
   * for too long. `abort` ends the fetch; it is aborted at the time limits of the fetch, too.
   * @throws ORIGIN_NOT_ALLOWED, FETCH_FAILED; FORBIDDEN where the owner of this machine does not allow the origin;
   *   CONNECT_FAILED where the server asks clients to wait, or FETCH_FAILED where it has done so for too long; the reason
   *   of `abort`
   */
  async fetch({ slice, url }: RemoteInput, job: FetchingJob, abort: AbortController): Promise<Uint8Array> {
    const sliceKey = `${job.jobId} ${slice}`;
    try {
      const value = await this.#fetchWithRetries(url, job, abort, sliceKey);
      this.#refusals.clear(sliceKey);
      return value;
    } catch (error) {
      if (!isError(error, 'CONNECT_FAILED')) throw error;
      const persistent =
        this.#refusals.describePersistent(new URL(url).origin) ?? this.#refusals.describePersistent(sliceKey);
      throw persistent === undefined ? error : failed(url, persistent, error);
    }
  }

  async #fetchWithRetries(
    url: string,
    { jobId, origins }: FetchingJob,
    abort: AbortController,
    sliceKey: string,
  ): Promise<Uint8Array> {
    const { origin, href } = new URL(url);
    const { signal } = abort;
    const check = (): void => this.#check(origin, url, origins, href === url);
    const onBytes = (bytes: number): void => this.#ports.jobBytes?.add(jobId, bytes);
    const attempt = async (): Promise<Uint8Array | TransientFailure> => {
      check();
      const release = await this.#limiter.acquire(origin, jobId, signal);
      try {
        // During the wait the fetch may have been dropped, or the allowed origins may have changed.
        signal.throwIfAborted();
        check();
        return await this.#fetchOnce(url, abort, sliceKey, onBytes);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        const text = `${error.message}, ${TRIES_MAX} times${error.advice}`;
        return new TransientFailure(failed(url, text, error.cause));
      } finally {
        release();
      }
    };
    const { clock, random } = this.#ports;
    return retry(attempt, { clock, random, attemptsMax: TRIES_MAX, firstMs: RETRY_FIRST_MS, signal });
  }

  #check(origin: string, url: string, origins: readonly string[], isNormalized: boolean): void {
    if (!isNormalized || !origins.includes(origin)) {
      const text = `${url.slice(0, URL_SHOWN_LENGTH_MAX)} is of an origin that its job has not named: ${origin}.`;
      throw new ManyhandsError('ORIGIN_NOT_ALLOWED', text, { origin });
    }
    if (this.#ports.allowed().includes(origin)) return;
    throw new ManyhandsError('FORBIDDEN', `This worker does not accept input from ${origin}.`, { origin });
  }

  /** Fetches once, with timeouts that are not retried. */
  async #fetchOnce(
    url: string,
    abort: AbortController,
    sliceKey: string,
    onBytes: (bytes: number) => void,
  ): Promise<Uint8Array> {
    const limit = (ms: number, what: string): CancelTimer => {
      const late = (): void => abort.abort(failed(url, `${what} more than ${ms / 1_000} s`));
      return this.#ports.clock.after(ms, late, { background: true });
    };
    const cancel = limit(FETCH_MS_MAX, 'it took');
    const cancelResponse = limit(RESPONSE_MS_MAX, 'its answer did not begin for');
    try {
      const answer = await this.#fetch(url, abort.signal, sliceKey);
      cancelResponse();
      return await this.#read(url, answer, onBytes);
    } finally {
      cancel();
      cancelResponse();
    }
  }

  /** The response, if its status is 200. */
  async #fetch(url: string, signal: AbortSignal, sliceKey: string): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#ports.fetch(url, {
        signal,
        mode: 'cors',
        credentials: 'omit',
        // The target of a redirect has not been allowed.
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
    } catch (cause) {
      throw new TransientError(`it could not be reached (${causeText(cause)})`, CORS_ADVICE, { cause });
    }
    if (answer.type === 'opaqueredirect' || (answer.status >= 300 && answer.status < 400)) {
      await answer.body?.cancel().catch(() => undefined);
      throw failed(url, 'it leads elsewhere, and redirects are not followed');
    }
    // Other 2xx statuses mean no content or a part of it.
    if (answer.status !== 200) {
      await answer.body?.cancel().catch(() => undefined);
      const ms = retryAfterMs(answer.status, answer.headers.get('retry-after'), this.#ports.clock.wallMs());
      if (ms !== undefined) throw this.#refused(new URL(url).origin, sliceKey, ms);
      const what = `it answered with ${answer.status}`;
      throw isTransient(answer.status) ? new TransientError(what) : failed(url, what);
    }
    this.#refusals.clear(new URL(url).origin);
    return answer;
  }

  #refused(origin: string, sliceKey: string, ms: number): ManyhandsError {
    // Refusals of fetches that were in flight together count once.
    if (!this.#limiter.isBlocked(origin)) this.#refusals.record(origin);
    this.#refusals.record(sliceKey);
    return this.#limiter.block(origin, ms);
  }

  async #read(url: string, answer: Response, onBytes: (bytes: number) => void): Promise<Uint8Array> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readBounded(answer, REMOTE_BYTES_MAX);
    } catch (cause) {
      throw new TransientError('it broke off', '', { cause });
    }
    onBytes(bytes?.byteLength ?? REMOTE_BYTES_MAX);
    if (bytes === undefined) throw failed(url, `it is larger than ${REMOTE_BYTES_MAX} bytes`);
    try {
      return encodeValue(decodeContent(answer.headers.get('content-type'), bytes));
    } catch (error) {
      throw failed(url, error instanceof Error ? error.message : String(error), error);
    }
  }
}

/** Request timeout, too early, or a server error. */
const isTransient = (status: number): boolean => status === 408 || status === 425 || status >= 500;

/** Node gives the reason of a network failure; browsers do not. */
function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error && cause.cause.message !== '' ? cause.cause.message : cause.message;
}

function failed(url: string, what: string, cause?: unknown): ManyhandsError {
  const text = `${url.slice(0, URL_SHOWN_LENGTH_MAX)} could not be fetched: ${what}.`;
  return new ManyhandsError('FETCH_FAILED', text, { url }, { cause: isError(cause) ? undefined : cause });
}
