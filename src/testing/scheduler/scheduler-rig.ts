/**
 * A scheduler's core over an in-memory store, with connections whose buffers and ends a test owns, so that what a
 * session does between a message and a lost socket can be seen.
 * @module
 */
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
import { PROTOCOL_VERSION } from '../../protocol/wire/version.js';
import type { BlobStore } from '../../scheduler/blobs/blob-store.js';
import { SchedulerNode } from '../../scheduler/services/scheduler-node.js';
import { acceptClient } from '../../scheduler/sessions/open-session.js';
import { openSqliteStore } from '../../scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../scheduler/store/port/store.js';
import type { CloseInfo, Connection } from '../../transport/transport.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';

export const OPERATOR_TOKEN = 'f'.repeat(64);
/** Jobs of the rig belong to its operator, who need not prove an address. */
export const OPERATOR = 'operator';

export const PLAIN_PACKAGE: JobPackage = {
  version: 2,
  worktime: { name: 'map-basic', range: '*' },
  source: { inline: new TextEncoder().encode('(x) => x') },
  sourceKind: 'function',
  args: { inline: new Uint8Array([0x90]) },
  env: {},
  requirements: {},
  groups: [{ key: 'public' }],
  votes: 1,
  public: { name: '', description: '', link: '' },
  isolation: 'job',
  limits: { sliceTimeoutMs: 1_000, noProgressMs: 1_000 },
};

/** The scheduler's end of a socket: what it sent is kept, and it is closed only when the test says so. */
export class StubConnection implements Connection {
  readonly peer = 'a test';
  bufferedBytes = 0;
  isPaused = false;
  closed: CloseInfo | undefined;
  readonly sent: SchedulerMessage[] = [];
  #handlers: Parameters<Connection['handle']>[0] | undefined;
  #kept: Uint8Array[] = [];
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
    while (!this.isPaused && this.#kept.length > 0) this.#handlers?.message(this.#kept.shift()!);
  }

  handle(handlers: Parameters<Connection['handle']>[0]): void {
    this.#handlers = handlers;
  }

  /** The peer says something. */
  receive(message: ClientMessage): void {
    this.receiveBytes(encodeMessage(message));
  }

  receiveBytes(bytes: Uint8Array): void {
    if (this.isPaused) this.#kept.push(bytes);
    else this.#handlers?.message(bytes);
  }

  /** The socket is gone. */
  hangUp(): void {
    this.#handlers?.close(this.closed ?? { code: 1006, reason: '' });
  }

  drain(): void {
    this.bufferedBytes = 0;
    this.#handlers?.drain?.();
  }

  /** The first message that was sent and is such; waits for it. */
  async until<M extends SchedulerMessage>(isSuch: (message: SchedulerMessage) => message is M): Promise<M> {
    for (;;) {
      const found = this.sent.find(isSuch);
      if (found !== undefined) return found;
      const more = deferred();
      this.#waiting.push(more.resolve);
      await more.promise;
    }
  }

  /** The reply's body, or what it is refused with. */
  async ask(
    message: Extract<ClientMessage, { id: number }>,
  ): Promise<{ body?: unknown; refused?: { code: string; info?: Record<string, unknown> } }> {
    this.receive(message);
    const answer = await this.until(
      (m): m is Extract<SchedulerMessage, { replyTo: number }> => 'replyTo' in m && m.replyTo === message.id,
    );
    return answer.type === 'reply' ? { body: answer.body } : { refused: answer.error };
  }

  all<T extends SchedulerMessage['type']>(type: T): Extract<SchedulerMessage, { type: T }>[] {
    return this.sent.filter((m): m is Extract<SchedulerMessage, { type: T }> => m.type === type);
  }
}

const noBlobs: BlobStore = {
  size: () => Promise.resolve(undefined),
  put: () => Promise.reject(new Error('the rig has no blobs')),
  get: () => Promise.resolve(undefined),
};

export class SchedulerRig {
  readonly random = new SeededRandom(1);
  readonly clock = new VirtualClock();
  readonly complaints: unknown[] = [];
  /** All that the log was told. */
  readonly logged: { event: string; [field: string]: unknown }[] = [];
  readonly store: Store;
  core!: SchedulerNode;

  private constructor(change: (store: Store) => Store, dataDir: string | undefined) {
    this.store = change(openSqliteStore({ dataDir, clock: this.clock, random: this.random }));
  }

  static async start(
    options: { blobs?: Partial<BlobStore>; store?: (store: Store) => Store; dataDir?: string } = {},
  ): Promise<SchedulerRig> {
    const rig = new SchedulerRig(options.store ?? ((store) => store), options.dataDir);
    rig.core = await SchedulerNode.start({
      store: rig.store,
      blobs: { ...noBlobs, ...options.blobs },
      clock: rig.clock,
      random: rig.random,
      defer: queueMicrotask,
      log: (level, event, fields) => {
        rig.logged.push({ event, ...fields });
        if (level === 'error') rig.complaints.push({ event, ...fields });
      },
      worktimes: WORKTIMES,
      minimumPrice: 0n,
      operatorToken: OPERATOR_TOKEN,
    });
    return rig;
  }

  /** A connection behind its hello. */
  connect(hello: Partial<Hello> & Pick<Hello, 'role'>): StubConnection {
    const connection = new StubConnection();
    acceptClient(this.core, connection);
    connection.receive({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'test/1', ...hello });
    return connection;
  }

  operator(): StubConnection {
    return this.connect({ role: 'operator', operatorToken: OPERATOR_TOKEN });
  }

  worker(extra: Partial<NonNullable<Hello['worker']>> = {}): StubConnection {
    const worktimes = WORKTIMES.map(({ name, version }) => ({ name, version }));
    const workerId = newId(this.random);
    return this.connect({
      role: 'worker',
      worker: { workerId, worktimes, sandboxHost: 'thread', sandboxes: 1, ...extra },
    });
  }

  /** A job of the operator's with that input. */
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
