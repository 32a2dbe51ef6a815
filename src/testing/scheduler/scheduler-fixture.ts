/**
 * The core of the real scheduler with a SQLite store in memory, and server connections whose buffer, pause state and end
 * the test controls, to observe what a session does between a message and a lost socket.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { newId } from '../../lib/crypto/ids.js';
import { decodeSchedulerMessage, encodeMessage } from '../../protocol/wire/codec.js';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import type {
  ClientMessage,
  GroupKey,
  Hello,
  Input,
  SchedulerMessage,
} from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import type { BlobStore } from '../../scheduler/blobs/blob-store.js';
import { OPERATOR_OWNER } from '../../scheduler/services/caller.js';
import { SchedulerNode } from '../../scheduler/services/scheduler-node.js';
import { acceptClient } from '../../scheduler/sessions/open-session.js';
import { openSqliteStore } from '../../scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../scheduler/store/port/store.js';
import type { CloseInfo, Connection } from '../../transport/transport.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { samplePackage } from '../sample-package.mjs';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';

export const OPERATOR_TOKEN = 'f'.repeat(64);
/** Owner of the jobs of the fixture: its operator, who has no address to prove. */
export const OPERATOR = OPERATOR_OWNER;

export const PLAIN_PACKAGE: JobPackage = samplePackage('(x) => x', {
  worktime: { name: 'map-basic', range: '*' },
  public: { name: '', description: '', link: '' },
  limits: { sliceTimeoutMs: 1_000, noProgressMs: 1_000 },
});

/** The server end of a socket: it records the sent messages, and ends only when the test calls `disconnect`. */
export class TestConnection implements Connection {
  readonly peer = 'a test';
  bufferedBytes = 0;
  isPaused = false;
  closed: CloseInfo | undefined;
  readonly sent: SchedulerMessage[] = [];
  #handlers: Parameters<Connection['handle']>[0] | undefined;
  #unread: Uint8Array[] = [];
  #waiting: (() => void)[] = [];

  send(bytes: Uint8Array): void {
    this.sent.push(decodeSchedulerMessage(bytes));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  close(code = 1000, reason = ''): void {
    this.closed ??= { code, reason };
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    while (!this.isPaused && this.#unread.length > 0) this.#handlers?.message(this.#unread.shift()!);
  }

  handle(handlers: Parameters<Connection['handle']>[0]): void {
    this.#handlers = handlers;
  }

  /** Delivers a message of the client. */
  receive(message: ClientMessage): void {
    this.receiveBytes(encodeMessage(message));
  }

  receiveBytes(bytes: Uint8Array): void {
    if (this.isPaused) this.#unread.push(bytes);
    else this.#handlers?.message(bytes);
  }

  /** Ends the socket. */
  disconnect(): void {
    this.#handlers?.close(this.closed ?? { code: 1006, reason: '' });
  }

  drain(): void {
    this.bufferedBytes = 0;
    this.#handlers?.drain?.();
  }

  /** Resolves with the first sent message, past or future, that matches. */
  async waitForMessage<M extends SchedulerMessage>(
    matches: (message: SchedulerMessage) => message is M,
  ): Promise<M> {
    for (;;) {
      const found = this.sent.find(matches);
      if (found !== undefined) return found;
      const more = deferred();
      this.#waiting.push(more.resolve);
      await more.promise;
    }
  }

  /** Sends a request; resolves with the body of the reply, or with the error of the refusal. */
  async request(
    message: Extract<ClientMessage, { id: number }>,
  ): Promise<{ body?: unknown; refused?: { code: string; info?: Record<string, unknown> } }> {
    this.receive(message);
    const answer = await this.waitForMessage(
      (m): m is Extract<SchedulerMessage, { replyTo: number }> => 'replyTo' in m && m.replyTo === message.id,
    );
    return answer.type === 'reply' ? { body: answer.body } : { refused: answer.error };
  }

  messagesOfType<T extends SchedulerMessage['type']>(type: T): Extract<SchedulerMessage, { type: T }>[] {
    return this.sent.filter((m): m is Extract<SchedulerMessage, { type: T }> => m.type === type);
  }
}

const noBlobs: BlobStore = {
  size: () => Promise.resolve(undefined),
  put: () => Promise.reject(new Error('the fixture stores no blobs')),
  get: () => Promise.resolve(undefined),
};

export class SchedulerFixture {
  readonly random = new SeededRandom(1);
  readonly clock = new VirtualClock();
  readonly loggedErrors: unknown[] = [];
  /** All log entries. */
  readonly logEntries: { event: string; [field: string]: unknown }[] = [];
  readonly store: Store;
  core!: SchedulerNode;

  private constructor(change: (store: Store) => Store, clock: Clock | undefined, dataDir?: string) {
    this.store = change(openSqliteStore({ dataDir, clock: clock ?? this.clock, random: this.random }));
  }

  /** @param options `clock`: the scheduler's, in place of the fixture's own */
  static async start(
    options: {
      blobs?: Partial<BlobStore>;
      store?: (store: Store) => Store;
      clock?: Clock;
      dataDir?: string;
      defer?: (fn: () => void) => void;
    } = {},
  ): Promise<SchedulerFixture> {
    const { store = (made) => made, clock, dataDir } = options;
    const fixture = new SchedulerFixture(store, clock, dataDir);
    fixture.core = await SchedulerNode.start({
      store: fixture.store,
      blobs: { ...noBlobs, ...options.blobs },
      clock: clock ?? fixture.clock,
      random: fixture.random,
      defer: options.defer ?? queueMicrotask,
      log: (level, event, fields) => {
        fixture.logEntries.push({ event, ...fields });
        if (level === 'error') fixture.loggedErrors.push({ event, ...fields });
      },
      worktimes: WORKTIMES,
      minimumPrice: 0n,
      operatorToken: OPERATOR_TOKEN,
    });
    return fixture;
  }

  /** A connection that has sent its hello. */
  connect(hello: Partial<Hello> & Pick<Hello, 'role'>): TestConnection {
    const connection = new TestConnection();
    acceptClient(this.core, connection);
    connection.receive({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'test/1', ...hello });
    return connection;
  }

  operator(): TestConnection {
    return this.connect({ role: 'operator', operatorToken: OPERATOR_TOKEN });
  }

  worker(extra: Partial<NonNullable<Hello['worker']>> = {}): TestConnection {
    const worktimes = WORKTIMES.map(({ name, version }) => ({ name, version }));
    const workerId = newId(this.random);
    return this.connect({
      role: 'worker',
      worker: { workerId, worktimes, sandboxHost: 'thread', sandboxes: 1, ...extra },
    });
  }

  /** Deploys a job of the operator with that input; returns its id. */
  async deploy(
    input: Input = rangeFromBounds(1, 10),
    pkg: Partial<Omit<JobPackage, 'groups'>> & { groups?: GroupKey[] } = {},
  ): Promise<string> {
    const jobId = newId(this.random);
    const groups = pkg.groups ?? PLAIN_PACKAGE.groups;
    const bytes = encodeJobPackage({ ...PLAIN_PACKAGE, ...pkg, groups: groups.map(({ key }) => ({ key })) });
    await this.core.commitQueue.submit('deploy', {
      jobId,
      owner: OPERATOR,
      package: bytes,
      digest: packageDigest(bytes),
      worktime: PLAIN_PACKAGE.worktime,
      groups,
      minimumPrice: 0n,
    });
    await this.append(jobId, input);
    return jobId;
  }

  append(jobId: string, input: Input): Promise<unknown> {
    const appendId = newId(this.random);
    return this.core.commitQueue.submit('append', { jobId, owner: OPERATOR, appendId, input });
  }

  async close(): Promise<void> {
    await this.core.close();
    await this.store.close();
  }
}
