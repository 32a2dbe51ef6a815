/**
 * Inputs by address: fetched by this side for the sandboxes, which reach nothing. Only from origins that the job named
 * and this machine's owner allows, without anything that tells who asks, and never more or longer than the limits.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { delay } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { REMOTE_BYTES_MAX } from '../../protocol/limits.js';
import type { JobId, LeaseId } from '../../protocol/messages/messages.js';
import { decodeContent } from '../../protocol/input/remote-content.js';
import { encodeValue } from '../../protocol/values/values.js';
import { FetchGate } from './fetch-limiter.js';
import type { JobBytes } from './job-bytes.js';
import { readBounded } from '../../client/read-bounded.js';
import { closedMs } from '../../client/retry-after.js';
import { SiteRefusals } from './site-refusals.js';

/** One try, milliseconds; and until its answer begins. */
const FETCH_MS_MAX = 60_000;
const ANSWER_BEGINS_MS_MAX = 15_000;
/** Tries where the next may do better, and the pause before the second, milliseconds; the third's is four times that. */
const TRIES_MAX = 3;
const PAUSE_MS = 500;
const TO_BE_REACHED = '; where browsers are to fetch it, it must allow pages of other sites (CORS)';
/** An address in a message, characters. */
const SHOWN_MAX = 500;

export interface RemotePorts {
  fetch: typeof fetch;
  clock: Clock;
  jobBytes?: JobBytes;
  /** What the owner of the machine allows now. */
  allowed: () => readonly string[];
}

/** An address that a slice stands for. */
export interface RemoteInput {
  slice: number;
  url: string;
}

/** For whom it is fetched. */
export interface RemoteOwner {
  jobId: JobId;
  /** Those that the job named. */
  origins: readonly string[];
}

/** A fetch under way, or what it gave. */
interface Coming {
  readonly value: Promise<Uint8Array>;
  readonly ending: AbortController;
}

/** A failure that may be none a little later. */
class Passing extends Error {
  constructor(
    what: string,
    readonly advice = '',
    options: ErrorOptions = {},
  ) {
    super(what, options);
  }
}

export class RemoteInputs {
  readonly #ports: RemotePorts;
  readonly #gate: FetchGate;
  readonly #refusals: SiteRefusals;
  readonly #coming = new Map<LeaseId, Map<number, Coming>>();

  constructor(ports: RemotePorts) {
    this.#ports = ports;
    this.#gate = new FetchGate(ports.clock);
    this.#refusals = new SiteRefusals(() => ports.clock.monotonicMs());
  }

  /**
   * The encoded value of what is at that address.
   * @throws ORIGIN_NOT_ALLOWED, FETCH_FAILED; FORBIDDEN where this machine's owner does not allow it, CONNECT_FAILED
   *   where the site wants to be left alone, FETCH_FAILED where it wants nothing else for too long; ABORTED by `drop`
   */
  get(leaseId: LeaseId, remote: RemoteInput, owner: RemoteOwner): Promise<Uint8Array> {
    const coming = this.#begin(leaseId, remote, owner);
    const forget = (): void => this.#forget(leaseId, remote.slice, coming);
    coming.value.then(forget, forget);
    return coming.value;
  }

  /** Begins to fetch what will be asked for soon, and keeps it until then; what fails is told to who asks. */
  prefetch(leaseId: LeaseId, remote: RemoteInput, owner: RemoteOwner): void {
    this.#begin(leaseId, remote, owner);
  }

  /** Slices of that lease from `from` on are not ours any more: what is on its way for them is broken off. */
  drop(leaseId: LeaseId, from = 0): void {
    for (const [slice, coming] of [...(this.#coming.get(leaseId) ?? [])]) {
      if (slice < from) continue;
      coming.ending.abort(new ManyhandsError('ABORTED', 'The slice is not wanted any more.'));
      this.#forget(leaseId, slice, coming);
    }
  }

  #begin(leaseId: LeaseId, { slice, url }: RemoteInput, owner: RemoteOwner): Coming {
    const ofLease = this.#coming.get(leaseId) ?? new Map<number, Coming>();
    const known = ofLease.get(slice);
    if (known !== undefined) return known;
    const ending = new AbortController();
    const coming = { value: this.#fetchOf(slice, url, owner, ending), ending };
    // It may fail before anybody asks.
    coming.value.catch(() => undefined);
    this.#coming.set(leaseId, ofLease.set(slice, coming));
    return coming;
  }

  #forget(leaseId: LeaseId, slice: number, coming: Coming): void {
    const ofLease = this.#coming.get(leaseId);
    if (ofLease?.get(slice) !== coming) return;
    ofLease.delete(slice);
    if (ofLease.size === 0) this.#coming.delete(leaseId);
  }

  /** What a site that wants to be left alone refuses costs nothing, unless that goes on for too long. */
  async #fetchOf(
    slice: number,
    url: string,
    owner: RemoteOwner,
    ending: AbortController,
  ): Promise<Uint8Array> {
    const ofSlice = `${owner.jobId} ${slice}`;
    try {
      const value = await this.#again(url, owner, ending, ofSlice);
      this.#refusals.accept(ofSlice);
      return value;
    } catch (error) {
      if (!isError(error, 'CONNECT_FAILED')) throw error;
      const endless = this.#refusals.endless(new URL(url).origin) ?? this.#refusals.endless(ofSlice);
      throw endless === undefined ? error : failed(url, endless, error);
    }
  }

  async #again(
    url: string,
    { jobId, origins }: RemoteOwner,
    ending: AbortController,
    ofSlice: string,
  ): Promise<Uint8Array> {
    const { origin, href } = new URL(url);
    const { signal } = ending;
    const check = (): void => this.#check(origin, url, origins, href === url);
    for (let tries = 1; ; tries++) {
      check();
      const leave = await this.#gate.enter(origin, jobId, signal);
      try {
        // It may be dropped, and what is allowed may have changed, since it was let in.
        signal.throwIfAborted();
        check();
        return await this.#load(url, ending, ofSlice, (bytes) => this.#ports.jobBytes?.add(jobId, bytes));
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Passing)) throw error;
        if (tries === TRIES_MAX) {
          throw failed(url, `${error.message}, ${tries} times${error.advice}`, error.cause);
        }
      } finally {
        leave();
      }
      await delay(this.#ports.clock, PAUSE_MS * 4 ** (tries - 1), signal);
    }
  }

  #check(origin: string, url: string, origins: readonly string[], isWhole: boolean): void {
    if (!isWhole || !origins.includes(origin)) {
      const text = `${url.slice(0, SHOWN_MAX)} is of an origin that its job has not named: ${origin}.`;
      throw new ManyhandsError('ORIGIN_NOT_ALLOWED', text, { origin });
    }
    if (this.#ports.allowed().includes(origin)) return;
    throw new ManyhandsError('FORBIDDEN', `This worker does not take input from ${origin}.`, { origin });
  }

  /** What takes too long ends for good. */
  async #load(
    url: string,
    ending: AbortController,
    ofSlice: string,
    counted: (bytes: number) => void,
  ): Promise<Uint8Array> {
    const limit = (ms: number, what: string): CancelTimer => {
      const late = (): void => ending.abort(failed(url, `${what} more than ${ms / 1_000} s`));
      return this.#ports.clock.after(ms, late, { background: true });
    };
    const cancel = limit(FETCH_MS_MAX, 'it took');
    const cancelAnswer = limit(ANSWER_BEGINS_MS_MAX, 'its answer did not begin for');
    try {
      const answer = await this.#fetch(url, ending.signal, ofSlice);
      cancelAnswer();
      return await this.#read(url, answer, counted);
    } finally {
      cancel();
      cancelAnswer();
    }
  }

  /** An answer that is one. */
  async #fetch(url: string, signal: AbortSignal, ofSlice: string): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#ports.fetch(url, {
        signal,
        mode: 'cors',
        credentials: 'omit',
        // Wherever it leads, nobody has allowed it.
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
    } catch (cause) {
      throw new Passing(`it could not be reached (${whyOf(cause)})`, TO_BE_REACHED, { cause });
    }
    if (answer.type === 'opaqueredirect' || (answer.status >= 300 && answer.status < 400)) {
      await answer.body?.cancel().catch(() => undefined);
      throw failed(url, 'it leads elsewhere, and redirects are not followed');
    }
    // Others of the twos say that there is nothing, or only a part.
    if (answer.status !== 200) {
      await answer.body?.cancel().catch(() => undefined);
      const ms = closedMs(answer.status, answer.headers.get('retry-after'), this.#ports.clock.wallMs());
      if (ms !== undefined) throw this.#refused(new URL(url).origin, ofSlice, ms);
      const what = `it answered with ${answer.status}`;
      throw isPassing(answer.status) ? new Passing(what) : failed(url, what);
    }
    this.#refusals.accept(new URL(url).origin);
    return answer;
  }

  #refused(origin: string, ofSlice: string, ms: number): ManyhandsError {
    // Of several that were on their way together one counts.
    if (!this.#gate.isClosed(origin)) this.#refusals.refuse(origin);
    this.#refusals.refuse(ofSlice);
    return this.#gate.close(origin, ms);
  }

  async #read(url: string, answer: Response, counted: (bytes: number) => void): Promise<Uint8Array> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readBounded(answer, REMOTE_BYTES_MAX);
    } catch (cause) {
      throw new Passing('it broke off', '', { cause });
    }
    counted(bytes?.byteLength ?? REMOTE_BYTES_MAX);
    if (bytes === undefined) throw failed(url, `it is larger than ${REMOTE_BYTES_MAX} bytes`);
    try {
      return encodeValue(decodeContent(answer.headers.get('content-type'), bytes));
    } catch (error) {
      throw failed(url, error instanceof Error ? error.message : String(error), error);
    }
  }
}

/** Too slow, too early, or trouble of the server's own. */
const isPassing = (status: number): boolean => status === 408 || status === 425 || status >= 500;

/** A browser does not say why; Node does. */
function whyOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error && cause.cause.message !== '' ? cause.cause.message : cause.message;
}

function failed(url: string, what: string, cause?: unknown): ManyhandsError {
  const text = `${url.slice(0, SHOWN_MAX)} could not be fetched: ${what}.`;
  return new ManyhandsError('FETCH_FAILED', text, { url }, { cause: isError(cause) ? undefined : cause });
}
