/**
 * A scheduler of one file, for tests of workers: it speaks the wire over any transport, lends slices, takes them back
 * and notes whatever a worker does against the rules. It keeps everything in memory and decides nothing cleverly.
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
import { encodeValue } from '../../protocol/values/values.js';
import { PROTOCOL_VERSION } from '../../protocol/wire/version.js';
import type { Connection } from '../../transport/transport.js';

export interface StubJob {
  jobId: string;
  owner: string;
  /** Slices 1 to `total`; by default slice n has the datum n. */
  total: number;
  /** Slices in one lease. @default 10 */
  chunk?: number;
  sliceMs?: number;
  leaseMs?: number;
  package?: Partial<JobPackage>;
  input?: (first: number, count: number) => InputPart[];
  /** Executions of one slice that may be lost. @default 3 */
  attemptsMax?: number;
}

interface KeptJob extends StubJob {
  bytes: Uint8Array;
  digest: string;
  pending: [first: number, end: number][];
}

/** How a slice ended here. */
export interface StubOutcome {
  kind: number;
  value?: unknown;
  body: Uint8Array;
}

interface HeldLease {
  lease: Lease;
  job: KeptJob;
  connection: Connection | undefined;
  next: number;
  end: number;
}

type Request = Extract<ClientMessage, { id: number }>;

export class StubScheduler {
  /** What a worker did against the rules. */
  readonly violations: string[] = [];
  /** Requests of which its store takes none now. */
  readonly busy = new Set<string>();
  readonly outcomes = new Map<string, Map<number, StubOutcome>>();
  /** Losses that were reported, in order. */
  readonly losses: { jobId: string; sliceNumber: number; code: string; message: string }[] = [];
  readonly returns: { leaseId: string; from: number; reason: string }[] = [];
  readonly reports: { leaseId: string; first: number; count: number; bytes: number }[] = [];
  readonly said: ClientMessage[] = [];
  readonly leases = new Map<string, HeldLease>();
  readonly blobs = new Map<string, Uint8Array>();
  workers: WorkerDescription[] = [];
  /** Wants that are parked. */
  readonly wants: { connection: Connection; want: number; idle: boolean; warm?: string }[] = [];
  connections = new Set<Connection>();
  /** Whether parked wants are served. */
  lending = true;
  /** Units paid for each slice. */
  price = 0n;
  /** Called before a request is answered; false: no answer, an error: that refusal. */
  intercept: (request: Request) => boolean | WireError = () => true;
  readonly #jobs = new Map<string, KeptJob>();
  readonly #attempts = new Map<string, number>();
  #leaseCount = 0;

  /** Takes one connection of a worker. */
  readonly accept = (connection: Connection): void => {
    this.connections.add(connection);
    connection.handle({
      message: (bytes) => this.#onMessage(connection, decodeClientMessage(bytes)),
      close: () => this.#gone(connection),
    });
  };

  addJob(job: StubJob): void {
    const bytes = encodeJobPackage({ ...samplePackage(), ...job.package });
    this.#jobs.set(job.jobId, { ...job, bytes, digest: sha256Hex(bytes), pending: [[1, job.total + 1]] });
    this.outcomes.set(job.jobId, new Map());
    this.lend();
  }

  /** The package's digest that leases of this job name. */
  setDigest(jobId: string, digest: string): void {
    this.#jobs.get(jobId)!.digest = digest;
  }

  /** Whether every slice of the job has an outcome or failed for good. */
  isComplete(jobId: string): boolean {
    return this.outcomes.get(jobId)!.size === this.#jobs.get(jobId)!.total;
  }

  /** Values by slice number from 1. */
  values(jobId: string): unknown[] {
    const found = [...this.outcomes.get(jobId)!].sort(([a], [b]) => a - b);
    return found.map(([, outcome]) => outcome.value);
  }

  /** The lease that holds `sliceNumber`. */
  leaseOf(jobId: string, sliceNumber: number): string | undefined {
    for (const [leaseId, { job, next, end }] of this.leases) {
      if (job.jobId === jobId && sliceNumber >= next && sliceNumber < end) return leaseId;
    }
    return undefined;
  }

  recall(leaseId: string): void {
    this.#tell(leaseId, { type: 'lease.recall', leaseId });
  }

  /** Takes the lease away; its slices are pending again. */
  revoke(leaseId: string): void {
    this.#tell(leaseId, { type: 'lease.revoke', leaseId, reason: 'test' });
    this.expire(leaseId);
  }

  /** As `revoke`, and nobody is told. */
  expire(leaseId: string): void {
    const held = this.leases.get(leaseId);
    if (held === undefined) return;
    this.leases.delete(leaseId);
    this.#repend(held, held.next, held.end);
  }

  /** Breaks all connections. */
  cut(): void {
    for (const connection of [...this.connections]) connection.close(1001, 'cut');
  }

  /** Serves parked wants while there is something to lend. */
  lend(): void {
    for (const want of [...this.wants].sort((a, b) => Number(b.idle) - Number(a.idle))) {
      if (!this.lending) return;
      const lease = this.#carve(want.warm);
      if (lease === undefined) return;
      this.wants.splice(this.wants.indexOf(want), 1);
      this.leases.get(lease.leaseId)!.connection = want.connection;
      this.#send(want.connection, { type: 'lease.grant', request: want.want, lease });
    }
  }

  /** Sends anything to all workers. */
  broadcast(message: SchedulerMessage): void {
    for (const connection of this.connections) this.#send(connection, message);
  }

  /** HTTP as far as blobs go. */
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

  #carve(warm: string | undefined): Lease | undefined {
    const { blockedJobs = [], blockedOwners = [], worktimes = [] } = this.workers.at(-1) ?? {};
    const isTaken = ({
      jobId,
      owner,
      package: { worktime = samplePackage().worktime } = {},
    }: KeptJob): boolean =>
      !blockedJobs.includes(jobId) &&
      !blockedOwners.includes(owner) &&
      worktimes.some(({ name }) => name === worktime.name);
    const jobs = [...this.#jobs.values()].filter((job) => job.pending.length > 0 && isTaken(job));
    const job = jobs.find((one) => one.jobId === warm) ?? jobs[0];
    if (job === undefined) return undefined;
    const range = job.pending[0]!;
    const first = range[0];
    const end = Math.min(range[1], first + (job.chunk ?? 10));
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
    this.said.push(message);
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
          worktimes: [],
          minimumPrice: 0n,
        });
      case 'worker.update':
        this.workers[this.workers.length - 1] = message.worker;
        return this.lend();
      case 'lease.request': {
        const { request: want, idle, loadedJob: warm } = message;
        const parked = this.wants.find((w) => w.want === want && w.connection === connection);
        if (parked !== undefined) Object.assign(parked, { idle, warm });
        else this.wants.push({ connection, want, idle, warm });
        return this.lend();
      }
      case 'lease.withdraw': {
        const at = this.wants.findIndex((w) => w.want === message.request && w.connection === connection);
        if (at >= 0) this.wants.splice(at, 1);
        return;
      }
      default:
        if ('id' in message) this.#answer(connection, message);
    }
  }

  #answer(connection: Connection, request: Request): void {
    const verdict = this.intercept(request);
    if (verdict === false) return;
    try {
      if (verdict !== true)
        return this.#send(connection, { type: 'refusal', replyTo: request.id, error: verdict });
      this.#send(connection, { type: 'reply', replyTo: request.id, body: this.#serve(connection, request) });
    } catch (error) {
      this.#send(connection, { type: 'refusal', replyTo: request.id, error: toWireError(error) });
    }
    this.lend();
  }

  #serve(connection: Connection, request: Request): unknown {
    if (this.busy.has(request.type)) throw new ManyhandsError('STORE_BUSY', 'somebody holds the database');
    switch (request.type) {
      case 'job.package': {
        const { bytes, owner } = this.#jobs.get(request.jobId)!;
        return { package: bytes, owner };
      }
      case 'lease.report':
        return this.#report(connection, request);
      case 'lease.release':
        return this.#return(request.leaseId, request.from, request.reason);
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

  #report(connection: Connection, report: Extract<Request, { type: 'lease.report' }>): unknown {
    const { leaseId, first, count, segment, failure } = report;
    const held = this.leases.get(leaseId);
    if (held === undefined) throw new ManyhandsError('LEASE_LOST', `Lease ${leaseId} is not known.`);
    held.connection = connection;
    // The same again after a lost answer.
    const last = first + count + (failure === undefined ? 0 : 1);
    if (last <= held.next) return { next: held.next, paid: 0n };
    if (first !== held.next || last > held.end)
      this.violations.push(`report ${first}+${count} when ${held.next} was next`);
    this.reports.push({ leaseId, first, count, bytes: segment?.byteLength ?? 0 });
    if (count > 0) this.#take(held.job, first, count, segment!);
    if (failure !== undefined) this.#lose(held.job, first + count, failure);
    held.next = last;
    if (held.next >= held.end) this.leases.delete(leaseId);
    return { next: held.next, paid: this.price * BigInt(count) };
  }

  #take({ jobId }: KeptJob, first: number, count: number, segment: Uint8Array): void {
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

  #lose(job: KeptJob, sliceNumber: number, failure: { code: string; message: string }): void {
    this.losses.push({ jobId: job.jobId, sliceNumber, ...failure });
    const key = `${job.jobId} ${sliceNumber}`;
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    if (attempts < (job.attemptsMax ?? 3)) job.pending.push([sliceNumber, sliceNumber + 1]);
    else this.outcomes.get(job.jobId)!.set(sliceNumber, { kind: -1, body: new Uint8Array() });
  }

  #return(leaseId: string, from: number, reason: string): unknown {
    this.returns.push({ leaseId, from, reason });
    const held = this.leases.get(leaseId);
    if (held === undefined) return {};
    if (from < held.next || from >= held.end) {
      this.violations.push(`return from ${from} of a lease at ${held.next} to ${held.end - 1}`);
    }
    this.#repend(held, from, held.end);
    held.end = from;
    if (held.next >= held.end) this.leases.delete(leaseId);
    return {};
  }

  #repend({ job }: HeldLease, from: number, end: number): void {
    if (from < end) job.pending.push([from, end]);
  }

  #gone(connection: Connection): void {
    this.connections.delete(connection);
    for (const want of [...this.wants]) {
      if (want.connection === connection) this.wants.splice(this.wants.indexOf(want), 1);
    }
  }

  #tell(leaseId: string, message: SchedulerMessage): void {
    const connection = this.leases.get(leaseId)?.connection;
    if (connection !== undefined) this.#send(connection, message);
  }

  #send(connection: Connection, message: SchedulerMessage): void {
    connection.send(encodeMessage(message));
  }
}

/** A job package of JavaScript that nobody has to run. */
export function samplePackage(): JobPackage {
  return {
    version: 2,
    worktime: { name: 'map-basic', range: '^1.0.0' },
    source: { inline: new TextEncoder().encode('(x) => x * x') },
    sourceKind: 'function',
    args: { inline: encodeValue([]) },
    env: {},
    requirements: {},
    groups: [{ key: 'public' }],
    votes: 1,
    public: { name: 'squares', description: 'Squares numbers.', link: '' },
    isolation: 'job',
    limits: { sliceTimeoutMs: 60_000, noProgressMs: 30_000 },
  };
}
