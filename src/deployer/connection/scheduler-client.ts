/**
 * The connection to the scheduler, which all jobs of a context share. It opens when it is first needed, stays open
 * while it is retained (by a pending request or a job that is followed), and closes soon after, so that it does not
 * keep the process alive.
 * @module
 */
import type { CancelTimer } from '../../lib/clock.js';
import { abortable, abortError } from '../../lib/abortable.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { SOFTWARE_VERSION } from '../../lib/version.js';
import { clientCodec } from '../../protocol/wire/codec.js';
import type {
  Address,
  DeployerNotices,
  DeployerRequests,
  WireGroupProof,
  SchedulerMessage,
  Welcome,
} from '../../protocol/messages/messages.js';
import { parseSchedulerUrl, type SchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import { ClientSession, type RetryPolicy, type SessionState } from '../../transport/session.js';
import { GroupMembership, type NamedGroup } from '../../wallet/group-membership.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { signChallenge } from '../../wallet/session-proof.js';
import { isNoScheduler, noSchedulerText } from '../../client/no-scheduler.js';
import { CONNECT_TIMEOUT_MS_DEFAULT, Outage } from '../../client/outage.js';
import type { DeployerPorts } from './ports.js';

/** Delay before an unused connection is closed, milliseconds, so that consecutive jobs share one. */
const IDLE_CLOSE_MS = 250;

export type JobNotice = Extract<SchedulerMessage, { type: 'job.journal' | 'job.console' | 'job.progress' }>;

/** The welcome message of the scheduler, with the identity that this side has proved. */
export interface AuthenticatedWelcome extends Welcome {
  /** The owner of the jobs that are deployed over this connection. */
  owner: Address;
}

/** Receives the notices of a followed job and the state of its connection. */
export interface JobSubscriber {
  notice(message: JobNotice): void;
  /** The connection is open again; the subscription of the previous connection has ended. */
  reconnected(): void;
  /** The connection was lost and is being reopened. */
  disconnected(): void;
  /** The connection is closed and will not be reopened. */
  ended(error: Error): void;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Waits for a connection without a time limit. @default false */
  waitForConnection?: boolean;
  /** How the request is repeated while the scheduler's store is busy. @default it rejects with STORE_BUSY */
  retry?: RetryPolicy | undefined;
  /**
   * Whether the caller retains the connection itself, so that a request which it abandons does not keep it open.
   * @default false
   */
  isRetained?: boolean;
}

/** How often a request that timed out is sent again. All requests are idempotent. */
const REPEATS_MAX = 2;

export class SchedulerClient {
  readonly url: SchedulerUrl;
  /** Observes the loss and the return of the connection. */
  readonly outage: Outage;
  readonly #ports: DeployerPorts;
  readonly #subscribers = new Map<string, JobSubscriber>();
  readonly #membership = new GroupMembership();
  /** Groups of jobs that are being deployed. They are proved on each new connection, before requests are sent again. */
  readonly #groups = new Set<readonly GroupCredential[]>();
  #session: ClientSession<DeployerRequests> | undefined;
  #opening: Promise<AuthenticatedWelcome> | undefined;
  #opened = false;
  #welcome: AuthenticatedWelcome | undefined;
  #clockOffsetMs = 0;
  #retainCount = 0;
  #cancelIdle: CancelTimer | undefined;

  /** @throws INVALID_ARGUMENT when the scheduler's address is malformed */
  constructor(ports: DeployerPorts) {
    this.#ports = ports;
    this.url = parseSchedulerUrl(ports.schedulerUrl);
    const { clock, warn, connectTimeoutMs = CONNECT_TIMEOUT_MS_DEFAULT } = ports;
    this.outage = new Outage({ clock, warn, connectTimeoutMs, url: this.url.http });
  }

  /** Keeps the connection open until the returned function is called. Further calls of that function do nothing. */
  retain(): () => void {
    this.#retainCount++;
    this.#cancelIdle?.();
    let isRetained = true;
    return () => {
      if (isRetained && --this.#retainCount === 0) this.#closeWhenIdle();
      isRetained = false;
    };
  }

  /**
   * Resolves when the connection is open and this side has proved its identity.
   * @throws CONNECT_FAILED, PROTOCOL_VERSION and the errors of the scheduler
   */
  open(): Promise<AuthenticatedWelcome> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  /**
   * Sends one request; it is sent again if the connection is lost before the reply. With `waitForConnection` it waits
   * for a connection without a time limit: it belongs to a job whose events report the lost connection.
   * @throws CONNECT_FAILED, ABORTED or TIMEOUT by the signal, and the errors of the scheduler
   */
  async request<K extends keyof DeployerRequests>(
    type: K,
    body: DeployerRequests[K][0],
    { signal, waitForConnection = false, isRetained = false, retry }: RequestOptions = {},
  ): Promise<DeployerRequests[K][1]> {
    if (signal?.aborted) throw abortError(type, signal);
    const release = isRetained ? undefined : this.retain();
    try {
      for (let repeats = 0; ; repeats++) {
        // After the first connection, requests go to the session synchronously, so that they keep the order of the
        // calls.
        if (!this.#opened) await abortable(type, this.open(), signal);
        try {
          const session = this.#session;
          if (session === undefined) throw new ManyhandsError('CLOSED', 'The connection was closed.');
          if (waitForConnection) return await session.request(type, body, { signal, retry });
          return await this.outage.limit(signal, (limited) =>
            session.request(type, body, { signal: limited, retry }),
          );
        } catch (error) {
          if (signal?.aborted && isError(error, 'ABORTED')) throw abortError(type, signal);
          if (!isError(error, 'TIMEOUT') || repeats === REPEATS_MAX) throw error;
        }
      }
    } finally {
      release?.();
    }
  }

  /** Proves the secrets of compute groups, on this and every later connection until `leave` is called. */
  async joinGroups(groups: readonly GroupCredential[]): Promise<{ groups: NamedGroup[]; leave: () => void }> {
    this.#groups.add(groups);
    const leave = (): void => void this.#groups.delete(groups);
    try {
      const send = (proofs: WireGroupProof[]): Promise<unknown> => this.request('group.prove', { proofs });
      return { groups: await this.#membership.prove(groups, send), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  sendCredit(notice: DeployerNotices['follow.credit']): void {
    this.#session?.notify({ type: 'follow.credit', ...notice });
  }

  /** Bytes that were written to the socket and not yet sent. */
  get bufferedBytes(): number {
    return this.#session?.bufferedBytes ?? 0;
  }

  /**
   * Measures the offset of the scheduler's clock again: the clock may have been set since the connection was opened.
   */
  async syncClock(): Promise<void> {
    const { nowMs } = await this.request('ping', {});
    this.#clockOffsetMs = nowMs - this.#ports.clock.wallMs();
  }

  /** The scheduler's wall clock as last measured, milliseconds since 1970. */
  schedulerWallMs(): number {
    return this.#ports.clock.wallMs() + this.#clockOffsetMs;
  }

  /** Whether a handle follows that job over this connection. */
  hasSubscriber(jobId: string): boolean {
    return this.#subscribers.has(jobId);
  }

  /**
   * Sends the notices of a job to `subscriber`, which replaces any earlier one. Returns the function that
   * unsubscribes.
   */
  subscribe(jobId: string, subscriber: JobSubscriber): () => void {
    this.#subscribers.set(jobId, subscriber);
    return () => {
      if (this.#subscribers.get(jobId) === subscriber) this.#subscribers.delete(jobId);
    };
  }

  async #start(): Promise<AuthenticatedWelcome> {
    const { connect, clock, random } = this.#ports;
    const session = new ClientSession<DeployerRequests>({
      url: this.url.socket,
      connect,
      clock,
      random,
      codec: clientCodec,
      hello: () => ({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        software: `manyhands/${SOFTWARE_VERSION}`,
        role: 'deployer',
      }),
      greet: (welcome: Welcome, call) => this.#greet(welcome, call),
      notice: (message: SchedulerMessage) => this.#dispatch(message),
      stalled: ({ message }) =>
        this.#ports.warn(
          `manyhands: the scheduler at ${this.url.http} cannot store data now (${message}); retrying until it can.`,
        ),
      state: (state, error) => {
        if (this.#session === session) this.#stateChanged(state, error);
      },
    });
    this.#session = session;
    try {
      await session.open(this.#connectTimeout());
    } catch (error) {
      if (this.#session === session) this.#clearSession();
      if (isError(error, 'ABORTED') || isError(error, 'TIMEOUT')) throw connectTimeoutError(this.url.http);
      throw addConnectAdvice(error, this.url.http);
    }
    this.#opened = true;
    return this.#welcome!;
  }

  /** A signal that aborts when the first connection takes longer than `connectTimeoutMs`. */
  #connectTimeout(): AbortSignal {
    const abort = new AbortController();
    const { clock, connectTimeoutMs = CONNECT_TIMEOUT_MS_DEFAULT } = this.#ports;
    clock.after(connectTimeoutMs, () => abort.abort(), { background: true });
    return abort.signal;
  }

  async #greet(welcome: Welcome, call: (type: string, body: object) => Promise<unknown>): Promise<void> {
    this.#clockOffsetMs = welcome.nowMs - this.#ports.clock.wallMs();
    const identity = await this.#ports.wallet.getId();
    this.#welcome = { ...welcome, owner: identity.address };
    const { schedulerId, challenge } = welcome;
    const signature = await signChallenge(identity, { schedulerId, challenge });
    await call('session.prove', { address: identity.address, signature });
    this.#membership.connected(welcome);
    for (const groups of [...this.#groups]) {
      await this.#membership.prove(groups, (proofs) => call('group.prove', { proofs }));
    }
  }

  #dispatch(message: SchedulerMessage): void {
    if (message.type === 'job.journal' || message.type === 'job.console' || message.type === 'job.progress') {
      this.#subscribers.get(message.jobId)?.notice(message);
    }
  }

  #stateChanged(state: SessionState, error: Error | undefined): void {
    if (state === 'waiting')
      this.outage.disconnected(error ?? new ManyhandsError('CONNECTION_LOST', 'no reason given'));
    if (state === 'open') this.outage.reconnected();
    if (state === 'waiting')
      for (const subscriber of [...this.#subscribers.values()]) subscriber.disconnected();
    if (state === 'open') for (const subscriber of [...this.#subscribers.values()]) subscriber.reconnected();
    if (state !== 'closed') return;
    this.#clearSession();
    const reason = error ?? new ManyhandsError('CLOSED', 'The connection to the scheduler was closed.');
    for (const subscriber of [...this.#subscribers.values()]) subscriber.ended(reason);
  }

  #clearSession(): void {
    this.outage.end();
    this.#session = undefined;
    this.#opening = undefined;
    this.#opened = false;
  }

  #closeWhenIdle(): void {
    this.#cancelIdle = this.#ports.clock.after(
      IDLE_CLOSE_MS,
      () => {
        const session = this.#session;
        this.#clearSession();
        void session?.close();
      },
      { background: true },
    );
  }
}

function connectTimeoutError(url: string): ManyhandsError {
  const failed = new ManyhandsError('CONNECT_FAILED', 'The scheduler did not answer in time.', {
    url,
    reason: 'no-answer',
  });
  return addConnectAdvice(failed, url) as ManyhandsError;
}

function addConnectAdvice(error: unknown, url: string): unknown {
  if (!isNoScheduler(error)) return error;
  const { reason } = (error as ManyhandsError<'CONNECT_FAILED'>).info;
  const text = noSchedulerText(url, 'init({ scheduler })');
  return new ManyhandsError('CONNECT_FAILED', text, { url, reason }, { cause: error });
}
