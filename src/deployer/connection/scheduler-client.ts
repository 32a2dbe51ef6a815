/**
 * The connection that all jobs of a context share. It opens when something first needs it, stays while anything
 * holds it (a request under way, a job that is followed), and closes soon after, so that it keeps no process alive.
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
  GroupProof,
  SchedulerMessage,
  Welcome,
} from '../../protocol/messages/messages.js';
import { parseSchedulerUrl, type SchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import { PROTOCOL_VERSION } from '../../protocol/wire/version.js';
import { ClientSession, type Repeat, type SessionState } from '../../transport/session.js';
import { GroupMembership, type NamedGroup } from '../../wallet/group-membership.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { signChallenge } from '../../wallet/session-proof.js';
import { CONNECT_TIMEOUT_MS_DEFAULT, Outage } from '../../client/outage.js';
import type { DeployerPorts } from './ports.js';

/** An unused connection is closed after so long; jobs that come one after another share one. */
const IDLE_CLOSE_MS = 250;

export type JobNotice = Extract<SchedulerMessage, { type: 'job.journal' | 'job.console' | 'job.progress' }>;

/** What the scheduler said first, and who this side proved to be. */
export interface ProvedWelcome extends Welcome {
  /** Owns what is deployed over the connection. */
  owner: Address;
}

/** What a followed job is told. */
export interface JobSubscriber {
  notice(message: JobNotice): void;
  /** A connection was made anew: the subscription of the old one is gone. */
  reconnected(): void;
  /** The connection was lost; it is being made anew. */
  disconnected(): void;
  /** There will be no connection any more. */
  ended(error: Error): void;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Waits for a connection as long as it takes. @default false */
  patient?: boolean;
  /** How it goes on where the scheduler's store takes nothing now. @default it is refused */
  repeat?: Repeat | undefined;
  /** The caller holds the connection itself, so that what it gives up does not keep it. @default false */
  isHeld?: boolean;
}

/** How often a request whose answer is late is asked again; all of them may be repeated. */
const REPEATS_MAX = 2;

export class SchedulerLink {
  readonly url: SchedulerUrl;
  /** What happens while the connection is lost. */
  readonly outage: Outage;
  readonly #ports: DeployerPorts;
  readonly #subscribers = new Map<string, JobSubscriber>();
  readonly #membership = new GroupMembership();
  /** Groups that jobs are being deployed in: what is sent again on another connection needs them there too. */
  readonly #groups = new Set<readonly GroupCredential[]>();
  #session: ClientSession<DeployerRequests> | undefined;
  #opening: Promise<ProvedWelcome> | undefined;
  #opened = false;
  #welcome: ProvedWelcome | undefined;
  #clockOffsetMs = 0;
  #holders = 0;
  #cancelIdle: CancelTimer | undefined;

  /** @throws INVALID_ARGUMENT when the scheduler's address is malformed */
  constructor(ports: DeployerPorts) {
    this.#ports = ports;
    this.url = parseSchedulerUrl(ports.schedulerUrl);
    const { clock, warn, connectTimeoutMs = CONNECT_TIMEOUT_MS_DEFAULT } = ports;
    this.outage = new Outage({ clock, warn, connectTimeoutMs, url: this.url.http });
  }

  /** Keeps the connection until the returned function is called (once; further calls do nothing). */
  hold(): () => void {
    this.#holders++;
    this.#cancelIdle?.();
    let held = true;
    return () => {
      if (held && --this.#holders === 0) this.#closeWhenIdle();
      held = false;
    };
  }

  /**
   * Resolves once the connection is there and this side has proved who it is.
   * @throws CONNECT_FAILED, PROTOCOL_VERSION and what the scheduler refuses with
   */
  open(): Promise<ProvedWelcome> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  /**
   * One request; it is sent again when the connection is lost before its answer. One that is `patient` waits for
   * a connection as long as it takes: it belongs to a job that goes on meanwhile, and the job says so.
   * @throws CONNECT_FAILED, ABORTED or TIMEOUT by the signal, and what the scheduler refuses with
   */
  async request<K extends keyof DeployerRequests>(
    type: K,
    body: DeployerRequests[K][0],
    { signal, patient = false, isHeld = false, repeat }: RequestOptions = {},
  ): Promise<DeployerRequests[K][1]> {
    if (signal?.aborted) throw abortError(type, signal);
    const release = isHeld ? undefined : this.hold();
    try {
      for (let repeats = 0; ; repeats++) {
        // Once there was a connection requests are handed over at once: so they keep the order of their calls.
        if (!this.#opened) await abortable(type, this.open(), signal);
        try {
          const session = this.#session;
          if (session === undefined) throw new ManyhandsError('CLOSED', 'The connection was closed.');
          if (patient) return await session.request(type, body, { signal, repeat });
          return await this.outage.limit(signal, (limited) =>
            session.request(type, body, { signal: limited, repeat }),
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

  /** Proves the secrets of groups, on every connection until `leave` is called. */
  async joinGroups(groups: readonly GroupCredential[]): Promise<{ groups: NamedGroup[]; leave: () => void }> {
    this.#groups.add(groups);
    const leave = (): void => void this.#groups.delete(groups);
    try {
      const send = (proofs: GroupProof[]): Promise<unknown> => this.request('group.prove', { proofs });
      return { groups: await this.#membership.prove(groups, send), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  credit(notice: DeployerNotices['follow.credit']): void {
    this.#session?.notify({ type: 'follow.credit', ...notice });
  }

  /** Bytes that were handed to the socket and have not left. */
  get bufferedBytes(): number {
    return this.#session?.bufferedBytes ?? 0;
  }

  /** Asks what the scheduler's clock says now: it may have been set since this connection was made. */
  async syncClock(): Promise<void> {
    const { nowMs } = await this.request('ping', {});
    this.#clockOffsetMs = nowMs - this.#ports.clock.wallMs();
  }

  /** The scheduler's wall clock, as far as it is known, milliseconds. */
  schedulerWallMs(): number {
    return this.#ports.clock.wallMs() + this.#clockOffsetMs;
  }

  /** Whether a handle of this connection follows that job. */
  follows(jobId: string): boolean {
    return this.#subscribers.has(jobId);
  }

  /** From now on that job's notices go to `subscriber`; the connection has no other for it. */
  subscribe(jobId: string, subscriber: JobSubscriber): () => void {
    this.#subscribers.set(jobId, subscriber);
    return () => {
      if (this.#subscribers.get(jobId) === subscriber) this.#subscribers.delete(jobId);
    };
  }

  async #start(): Promise<ProvedWelcome> {
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
          `manyhands: the scheduler at ${this.url.http} takes nothing now (${message}); trying again until it does.`,
        ),
      state: (state, error) => {
        if (this.#session === session) this.#stateChanged(state, error);
      },
    });
    this.#session = session;
    try {
      await session.open(this.#giveUpAfter());
    } catch (error) {
      if (this.#session === session) this.#forget();
      if (isError(error, 'ABORTED') || isError(error, 'TIMEOUT')) throw noAnswer(this.url.http);
      throw withAdvice(error, this.url.http);
    }
    this.#opened = true;
    return this.#welcome!;
  }

  /** Aborts when a first connection takes longer than callers wait for one. */
  #giveUpAfter(): AbortSignal {
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
      this.outage.lost(error ?? new ManyhandsError('CONNECTION_LOST', 'no reason given'));
    if (state === 'open') this.outage.back();
    if (state === 'waiting') for (const one of [...this.#subscribers.values()]) one.disconnected();
    if (state === 'open') for (const one of [...this.#subscribers.values()]) one.reconnected();
    if (state !== 'closed') return;
    this.#forget();
    const reason = error ?? new ManyhandsError('CLOSED', 'The connection to the scheduler was closed.');
    for (const one of [...this.#subscribers.values()]) one.ended(reason);
  }

  #forget(): void {
    this.outage.over();
    this.#session = undefined;
    this.#opening = undefined;
    this.#opened = false;
  }

  #closeWhenIdle(): void {
    this.#cancelIdle = this.#ports.clock.after(
      IDLE_CLOSE_MS,
      () => {
        const session = this.#session;
        this.#forget();
        void session?.close();
      },
      { background: true },
    );
  }
}

function noAnswer(url: string): ManyhandsError {
  const failed = new ManyhandsError('CONNECT_FAILED', 'It took too long.', { url, reason: 'no-answer' });
  return withAdvice(failed, url) as ManyhandsError;
}

function withAdvice(error: unknown, url: string): unknown {
  if (!(error instanceof ManyhandsError) || error.code !== 'CONNECT_FAILED') return error;
  const { reason } = error.info as { reason?: unknown };
  // Who is told why needs no more than that.
  if (reason !== undefined && reason !== 'refused' && reason !== 'no-answer') return error;
  // One that is full is there.
  if (error.message.includes('HTTP 503')) return error;
  const text =
    `No scheduler answers at ${url}. Start one with 'npx manyhands scheduler', or name another with ` +
    `init({ scheduler }) or MANYHANDS_SCHEDULER.`;
  return new ManyhandsError('CONNECT_FAILED', text, { url, reason }, { cause: error });
}
