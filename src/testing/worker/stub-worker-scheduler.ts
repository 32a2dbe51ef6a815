/**
 * A stub scheduler for tests of workers. It speaks the protocol over any transport, grants, recalls and revokes leases on
 * request of the test, and records protocol violations of workers. All state is in memory; leases have a fixed size.
 * `tests/contract/stub-worker-scheduler.test.ts` compares its messages with the real ones.
 * @module
 */
import { ManyhandsError, toWireError, type WireError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { decodeClientMessage, encodeMessage } from '../../protocol/wire/codec.js';
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import type {
  ClientMessage,
  InputPart,
  Lease,
  SchedulerMessage,
  WorkerDescription,
} from '../../protocol/messages/messages.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import type { Connection } from '../../transport/transport.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { samplePackage } from '../sample-package.mjs';

export interface StubWorkerJob {
  jobId: string;
  owner: string;
  /** Slices 1 to `total`; by default slice n has the datum n. */
  total: number;
  /** Maximum number of slices per lease. @default 10 */
  slicesPerLease?: number;
  sliceMs?: number;
  leaseMs?: number;
  package?: Partial<JobPackage>;
  input?: (first: number, count: number) => InputPart[];
  /** Number of lost executions after which a slice fails. @default 3 */
  attemptsMax?: number;
}

interface StoredJob extends StubWorkerJob {
  bytes: Uint8Array;
  digest: string;
  pending: [first: number, end: number][];
}

/** Outcome of a slice: its envelope kind (-1: failed after all attempts), value and body. */
export interface StubWorkerOutcome {
  kind: number;
  value?: unknown;
  body: Uint8Array;
}

interface HeldLease {
  lease: Lease;
  job: StoredJob;
  connection: Connection | undefined;
  next: number;
  end: number;
}

type Request = Extract<ClientMessage, { id: number }>;

export class StubWorkerScheduler {
  /** Protocol violations of workers. */
  readonly violations: string[] = [];
  /** Request types that are refused with `STORE_BUSY`. */
  readonly busyRequests = new Set<string>();
  readonly outcomes = new Map<string, Map<number, StubWorkerOutcome>>();
  /** Reported losses of slices, in order. */
  readonly losses: { jobId: string; sliceNumber: number; code: string; message: string }[] = [];
  readonly returns: { leaseId: string; from: number; reason: string }[] = [];
  readonly reports: { leaseId: string; first: number; count: number; bytes: number }[] = [];
  readonly received: ClientMessage[] = [];
  readonly leases = new Map<string, HeldLease>();
  readonly blobs = new Map<string, Uint8Array>();
  workers: WorkerDescription[] = [];
  /** Lease requests that are not granted yet. */
  readonly pendingLeaseRequests: { connection: Connection; want: number; idle: boolean; warm?: string }[] =
    [];
  connections = new Set<Connection>();
  /** While false, no lease is granted. */
  grantsLeases = true;
  /** Payment per slice, units. */
  price = 0n;
  /** Called before a request is handled; false: no reply, an error: it is sent as the refusal. */
  intercept: (request: Request) => boolean | WireError = () => true;
  readonly #jobs = new Map<string, StoredJob>();
  readonly #attempts = new Map<string, number>();
  /** End of each lease that was completed by a report, to reply to a repetition of that report. */
  readonly #completed = new Map<string, number>();
  #leaseCount = 0;

  /** Accepts one connection of a worker. */
  readonly accept = (connection: Connection): void => {
    this.connections.add(connection);
    connection.handle({
      message: (bytes) => this.#onMessage(connection, decodeClientMessage(bytes)),
      close: () => this.#removeConnection(connection),
    });
  };

  addJob(job: StubWorkerJob): void {
    const bytes = encodeJobPackage(samplePackage(undefined, job.package));
    this.#jobs.set(job.jobId, { ...job, bytes, digest: sha256Hex(bytes), pending: [[1, job.total + 1]] });
    this.outcomes.set(job.jobId, new Map());
    this.grantPending();
  }

  /** Sets the package digest in leases of the job. */
  setDigest(jobId: string, digest: string): void {
    this.#jobs.get(jobId)!.digest = digest;
  }

  /** Whether every slice of the job has an outcome, or failed after all attempts. */
  isComplete(jobId: string): boolean {
    return this.outcomes.get(jobId)!.size === this.#jobs.get(jobId)!.total;
  }

  /** Result values in the order of slice numbers. */
  values(jobId: string): unknown[] {
    const found = [...this.outcomes.get(jobId)!].sort(([a], [b]) => a - b);
    return found.map(([, outcome]) => outcome.value);
  }

  /** Id of the lease that holds the slice. */
  leaseOf(jobId: string, sliceNumber: number): string | undefined {
    for (const [leaseId, { job, next, end }] of this.leases) {
      if (job.jobId === jobId && sliceNumber >= next && sliceNumber < end) return leaseId;
    }
    return undefined;
  }

  recall(leaseId: string): void {
    this.#sendToHolder(leaseId, { type: 'lease.recall', leaseId });
  }

  /** Revokes the lease and notifies its worker; its slices become pending again. */
  revoke(leaseId: string): void {
    this.#sendToHolder(leaseId, { type: 'lease.revoke', leaseId, reason: 'test' });
    this.expire(leaseId);
  }

  /** Ends the lease without notifying its worker. */
  expire(leaseId: string): void {
    const held = this.leases.get(leaseId);
    if (held === undefined) return;
    this.leases.delete(leaseId);
    this.#requeue(held, held.next, held.end);
  }

  /** Closes all connections with code 1001. */
  disconnectAll(): void {
    for (const connection of [...this.connections]) connection.close(1001, 'disconnected by the test');
  }

  /** Grants pending lease requests while there are slices, idle workers first. */
  grantPending(): void {
    for (const want of [...this.pendingLeaseRequests].sort((a, b) => Number(b.idle) - Number(a.idle))) {
      if (!this.grantsLeases) return;
      const lease = this.#createLease(want.warm);
      if (lease === undefined) return;
      this.pendingLeaseRequests.splice(this.pendingLeaseRequests.indexOf(want), 1);
      this.leases.get(lease.leaseId)!.connection = want.connection;
      this.#send(want.connection, { type: 'lease.grant', request: want.want, lease });
    }
  }

  /** Sends the message on all connections. */
  broadcast(message: SchedulerMessage): void {
    for (const connection of this.connections) this.#send(connection, message);
  }

  /** The HTTP endpoints of blobs. */
  readonly fetch: typeof fetch = async (input, init) => {
    const digest = String(input instanceof Request ? input.url : input).split('/blobs/')[1] ?? '';
    if (init?.method === 'PUT') {
      const bytes = new Uint8Array(await new Response(init.body).arrayBuffer());
      if (sha256Hex(bytes) !== digest) return new Response('mismatch', { status: 400 });
      this.blobs.set(digest, bytes);
      return new Response(null, { status: 201 });
    }
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return new Response('unknown', { status: 404 });
    return new Response(bytes as Uint8Array<ArrayBuffer>);
  };

  #createLease(warm: string | undefined): Lease | undefined {
    const { blockedJobs = [], blockedOwners = [], worktimes = [] } = this.workers.at(-1) ?? {};
    const isAccepted = ({
      jobId,
      owner,
      package: { worktime = samplePackage().worktime } = {},
    }: StoredJob): boolean =>
      !blockedJobs.includes(jobId) &&
      !blockedOwners.includes(owner) &&
      worktimes.some(({ name }) => name === worktime.name);
    const jobs = [...this.#jobs.values()].filter((job) => job.pending.length > 0 && isAccepted(job));
    const job = jobs.find((one) => one.jobId === warm) ?? jobs[0];
    if (job === undefined) return undefined;
    const range = job.pending[0]!;
    const first = range[0];
    const end = Math.min(range[1], first + (job.slicesPerLease ?? 10));
    if (end === range[1]) job.pending.shift();
    else range[0] = end;
    const leaseId = `lease_${String(++this.#leaseCount).padStart(16, '0')}`;
    const count = end - first;
    const inputs = job.input?.(first, count) ?? [
      { first, input: { kind: 'range', start: first, step: 1, count } as const },
    ];
    const { jobId, digest: packageDigest, leaseMs = 60_000, sliceMs } = job;
    const slices = { leaseId, jobId, packageDigest, first, count, inputs };
    const lease: Lease = { ...slices, leaseMs, estimatedSliceMs: sliceMs };
    this.leases.set(leaseId, { lease, job, connection: undefined, next: first, end });
    return lease;
  }

  #onMessage(connection: Connection, message: ClientMessage): void {
    this.received.push(message);
    switch (message.type) {
      case 'hello':
        if (message.worker !== undefined) this.workers.push(message.worker);
        return this.#send(connection, {
          type: 'welcome',
          protocol: PROTOCOL_VERSION,
          software: 'stub',
          schedulerId: '0'.repeat(64),
          nowMs: 0,
          challenge: '1'.repeat(64),
          worktimes: WORKTIMES.map(({ name, version }) => ({ name, version })),
          minimumPrice: 0n,
        });
      case 'worker.update':
        this.workers[this.workers.length - 1] = message.worker;
        return this.grantPending();
      case 'lease.request': {
        const { request: want, idle, loadedJob: warm } = message;
        const pending = this.pendingLeaseRequests.find((w) => w.want === want && w.connection === connection);
        if (pending !== undefined) Object.assign(pending, { idle, warm });
        else this.pendingLeaseRequests.push({ connection, want, idle, warm });
        return this.grantPending();
      }
      case 'lease.withdraw': {
        const at = this.pendingLeaseRequests.findIndex(
          (w) => w.want === message.request && w.connection === connection,
        );
        if (at >= 0) this.pendingLeaseRequests.splice(at, 1);
        return;
      }
      default:
        if ('id' in message) this.#reply(connection, message);
    }
  }

  #reply(connection: Connection, request: Request): void {
    const decision = this.intercept(request);
    if (decision === false) return;
    try {
      if (decision !== true)
        return this.#send(connection, { type: 'refusal', replyTo: request.id, error: decision });
      this.#send(connection, {
        type: 'reply',
        replyTo: request.id,
        body: this.#replyBody(connection, request),
      });
    } catch (error) {
      this.#send(connection, { type: 'refusal', replyTo: request.id, error: toWireError(error) });
    }
    this.grantPending();
  }

  #replyBody(connection: Connection, request: Request): unknown {
    if (this.busyRequests.has(request.type))
      throw new ManyhandsError('STORE_BUSY', 'the database is locked by the test');
    switch (request.type) {
      case 'job.package': {
        const { bytes, owner } = this.#jobs.get(request.jobId)!;
        return { package: bytes, owner };
      }
      case 'lease.report':
        return this.#acceptReport(connection, request);
      case 'lease.release':
        return this.#releaseLease(request.leaseId, request.from, request.reason);
      case 'lease.renew': {
        for (const leaseId of request.leaseIds) {
          const held = this.leases.get(leaseId);
          if (held !== undefined) held.connection = connection;
        }
        return { expired: request.leaseIds.filter((leaseId) => !this.leases.has(leaseId)) };
      }
      case 'blob.ticket':
        return this.blobs.has(request.digest) ? { exists: true } : { exists: false, ticket: 'ticket' };
      case 'group.prove':
        return {};
      case 'ping':
        return { nowMs: 0 };
      default:
        throw new ManyhandsError('MESSAGE_UNKNOWN', request.type);
    }
  }

  #acceptReport(connection: Connection, report: Extract<Request, { type: 'lease.report' }>): unknown {
    const { leaseId, first, count, segment, failure } = report;
    const last = first + count + (failure === undefined ? 0 : 1);
    const held = this.leases.get(leaseId);
    if (held === undefined && this.#completed.get(leaseId) === last) return { next: last, paid: 0n };
    if (held === undefined) throw new ManyhandsError('LEASE_LOST', `Lease ${leaseId} is not known.`);
    held.connection = connection;
    // A repeated report after a lost reply.
    if (last <= held.next) return { next: held.next, paid: 0n };
    if (first !== held.next || last > held.end)
      this.violations.push(`report ${first}+${count} when ${held.next} was next`);
    this.reports.push({ leaseId, first, count, bytes: segment?.byteLength ?? 0 });
    if (count > 0) this.#storeOutcomes(held.job, first, count, segment!);
    if (failure !== undefined) this.#recordLoss(held.job, first + count, failure);
    held.next = last;
    if (held.next >= held.end) {
      this.leases.delete(leaseId);
      this.#completed.set(leaseId, last);
    }
    return { next: held.next, paid: this.price * BigInt(count) };
  }

  #storeOutcomes({ jobId }: StoredJob, first: number, count: number, segment: Uint8Array): void {
    const reader = new SegmentReader(segment);
    if (reader.count !== count) this.violations.push(`a segment of ${reader.count} as ${count}`);
    const outcomes = this.outcomes.get(jobId)!;
    for (let i = 0; i < count; i++) {
      if (outcomes.has(first + i)) this.violations.push(`slice ${first + i} was reported twice`);
      const kind = reader.kind(i);
      const value = kind === ENVELOPE_KIND.value ? reader.value(i) : undefined;
      outcomes.set(first + i, { kind, value, body: reader.body(i) });
    }
  }

  #recordLoss(job: StoredJob, sliceNumber: number, failure: { code: string; message: string }): void {
    this.losses.push({ jobId: job.jobId, sliceNumber, ...failure });
    const key = `${job.jobId} ${sliceNumber}`;
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    if (attempts < (job.attemptsMax ?? 3)) job.pending.push([sliceNumber, sliceNumber + 1]);
    else this.outcomes.get(job.jobId)!.set(sliceNumber, { kind: -1, body: new Uint8Array() });
  }

  #releaseLease(leaseId: string, from: number, reason: string): unknown {
    this.returns.push({ leaseId, from, reason });
    const held = this.leases.get(leaseId);
    if (held === undefined) return {};
    if (from < held.next || from >= held.end) {
      this.violations.push(`return from ${from} of a lease at ${held.next} to ${held.end - 1}`);
    }
    this.#requeue(held, from, held.end);
    held.end = from;
    if (held.next >= held.end) this.leases.delete(leaseId);
    return {};
  }

  #requeue({ job }: HeldLease, from: number, end: number): void {
    if (from < end) job.pending.push([from, end]);
  }

  #removeConnection(connection: Connection): void {
    this.connections.delete(connection);
    for (const want of [...this.pendingLeaseRequests]) {
      if (want.connection === connection)
        this.pendingLeaseRequests.splice(this.pendingLeaseRequests.indexOf(want), 1);
    }
  }

  #sendToHolder(leaseId: string, message: SchedulerMessage): void {
    const connection = this.leases.get(leaseId)?.connection;
    if (connection !== undefined) this.#send(connection, message);
  }

  #send(connection: Connection, message: SchedulerMessage): void {
    connection.send(encodeMessage(message));
  }
}
