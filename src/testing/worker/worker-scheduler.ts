/**
 * The real scheduler in this process, as tests of workers need it: jobs of any owner, and what the scheduler knows of them,
 * of its leases and of its workers.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import type { Input, Lease, WireOffer, WorkerDescription } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import type { LeaseRecord } from '../../scheduler/leasing/lease-registry.js';
import { samplePackage } from '../sample-package.mjs';
import { InMemoryScheduler } from '../scheduler/in-memory-scheduler.js';
import type { SchedulerFixture } from '../scheduler/scheduler-fixture.js';

export interface WorkerTestJob {
  jobId: string;
  owner: string;
  /** Number of slices. */
  total: number;
  /** @default slice n has the datum n */
  input?: Input;
  package?: Partial<JobPackage>;
  /** What its owner pays for a slice, units. @default 0n */
  price?: bigint;
}

/** A slice's final outcome: the kind of its envelope, its value if it has one, and its body. */
export interface FinalOutcome {
  kind: number;
  value?: unknown;
  body: Uint8Array;
}

/** Codes with which the scheduler refuses what a correct worker does not send. */
const VIOLATIONS = ['MESSAGE_MALFORMED', 'MESSAGE_UNKNOWN', 'SEGMENT_MALFORMED', 'FORBIDDEN'];

/** An offer whose signature has been checked already. */
function offerOf(owner: string, packageDigest: string, pricePerSlice: bigint, ceiling: bigint): WireOffer {
  const terms = { account: owner, owner, packageDigest, pricePerSlice, ceiling };
  const unused = { nonce: '0'.repeat(64), signature: `0x${'0'.repeat(130)}` };
  return { ...terms, acceptBeforeMs: Number.MAX_SAFE_INTEGER, ...unused };
}

/** A clock that counts its timers apart from those that others set on the same clock. */
class CountingClock implements Clock {
  timerCount = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(...[delayMs, fn, options]: Parameters<Clock['after']>): CancelTimer {
    this.timerCount++;
    let isSet = true;
    const ended = (): void => {
      if (isSet) this.timerCount--;
      isSet = false;
    };
    const cancel = this.#clock.after(delayMs, () => (ended(), fn()), options);
    return () => (ended(), cancel());
  }
}

export class WorkerScheduler extends InMemoryScheduler {
  readonly #clock: CountingClock;
  #running: SchedulerFixture | undefined;

  /** @param clock that of its workers, so that both live in the same time */
  constructor(clock: Clock) {
    const own = new CountingClock(clock);
    super(own);
    this.#clock = own;
  }

  /** Number of the scheduler's own timers. */
  get timerCount(): number {
    return this.#clock.timerCount;
  }

  override async started(): Promise<SchedulerFixture> {
    return (this.#running = await super.started());
  }

  /** Deploys a job, or appends to it if it exists; it stays open. */
  async addJob({ jobId, owner, total, input, package: changes, price }: WorkerTestJob): Promise<void> {
    const { core, random } = await this.started();
    const pkg = samplePackage(undefined, changes);
    const { worktime, groups, origins } = pkg;
    const bytes = encodeJobPackage(pkg);
    const terms = { worktime, groups, ...(origins && { origins }), minimumPrice: 0n };
    const digest = packageDigest(bytes);
    const offer = price && offerOf(owner, digest, price, price * BigInt(total));
    if (offer) await this.mint(owner, offer.ceiling);
    const deploy = { jobId, owner, package: bytes, digest, ...terms, ...(offer && { offer }) };
    if (!this.jobs.has(jobId)) await core.commitQueue.submit('deploy', deploy);
    const first = (this.jobs.get(jobId)?.total ?? 0) + 1;
    const append = { jobId, owner, appendId: newId(random), ...(origins && { origins }) };
    const data = input ?? rangeFromBounds(first, first + total - 1);
    await core.commitQueue.submit('append', { ...append, input: data });
  }

  /** Whether every slice of the job has a result, or failed after all attempts. */
  isComplete(jobId: string): boolean {
    return this.outcomeCount(jobId) === this.jobs.get(jobId)?.total;
  }

  /** Number of slices with a final outcome. */
  outcomeCount(jobId: string): number {
    const { accepted = 0, failed = 0 } = this.jobs.get(jobId) ?? {};
    return accepted + failed;
  }

  /** Final outcomes by slice number. */
  async outcomes(jobId: string): Promise<Map<number, FinalOutcome>> {
    const { store } = await this.started();
    const found = new Map<number, FinalOutcome>();
    for (let next: number | undefined = 1; next !== undefined;) {
      const page = await store.results(jobId, next, this.jobs.get(jobId)!.total, Number.MAX_SAFE_INTEGER);
      for (const { first, segment } of page.parts) {
        const reader = new SegmentReader(segment);
        for (let i = 0; i < reader.count; i++) {
          const kind = reader.kind(i);
          const value = kind === ENVELOPE_KIND.value ? reader.value(i) : undefined;
          found.set(first + i, { kind, value, body: reader.body(i) });
        }
      }
      next = page.next;
    }
    return new Map([...found].sort(([a], [b]) => a - b));
  }

  /** Results in the order of slice numbers; undefined for a slice that failed. */
  async values(jobId: string): Promise<unknown[]> {
    return [...(await this.outcomes(jobId)).values()].map(({ value }) => value);
  }

  /** Attempts that were lost and charged to their slices, in order. */
  get losses(): { jobId: string; sliceNumber: number; code: string; message: string }[] {
    const failed = this.#log('failed');
    return failed.map(({ jobId, slice, code, reason }) => ({
      ...{ jobId: jobId as string, sliceNumber: slice as number },
      ...{ code: code as string, message: reason as string },
    }));
  }

  /** Releases of slices, in order. */
  get releases(): { leaseId: string; from: number; reason: string }[] {
    return this.tap.requestsOfType('lease.release');
  }

  /** The leases that connected workers hold. */
  get leases(): LeaseRecord[] {
    return [...(this.#running?.core.leases.values() ?? [])];
  }

  /** The lease with that slice. */
  leaseOf(jobId: string, sliceNumber: number): LeaseRecord | undefined {
    return this.leases.find(
      ({ job, next, last }) => job.jobId === jobId && next <= sliceNumber && sliceNumber <= last,
    );
  }

  /** The leases that were sent to workers, as granted, in order. */
  get grants(): Lease[] {
    return this.tap.sent.flatMap((message) => (message.type === 'lease.grant' ? [message.lease] : []));
  }

  /** What workers said of themselves, in order. */
  get descriptions(): WorkerDescription[] {
    return this.tap.received.flatMap((message) =>
      'worker' in message && message.worker !== undefined ? [message.worker] : [],
    );
  }

  /** Numbers of the lease requests that were neither granted nor withdrawn, and whether their sandboxes are idle. */
  get openRequests(): { request: number; idle: boolean }[] {
    const open = new Map<number, { request: number; idle: boolean }>();
    for (const message of this.tap.received) {
      if (message.type === 'lease.request') open.set(message.request, message);
      if (message.type === 'lease.withdraw') open.delete(message.request);
    }
    for (const message of this.tap.sent) if (message.type === 'lease.grant') open.delete(message.request);
    return [...open.values()];
  }

  /** Hides something of workers from the scheduler, so that it grants leases that they do not want. */
  changeDescriptions(change: (worker: WorkerDescription) => WorkerDescription): void {
    this.tap.changeReceived = (message) =>
      'worker' in message && message.worker !== undefined
        ? { ...message, worker: change(message.worker) }
        : message;
  }

  /** From now on grants are lost on their way to the workers. */
  loseGrants(): void {
    this.tap.changeMessage = (message) => (message.type === 'lease.grant' ? [] : [message]);
  }

  /** Asks the lease's worker to release a part of it, as for another worker that waits. */
  recall(leaseId: string): void {
    this.tap.broadcast({ type: 'lease.recall', leaseId });
  }

  /** Pauses the job, which ends its leases, and keeps that from their workers. */
  async endLeasesSilently(jobId: string): Promise<void> {
    const { changeMessage } = this.tap;
    this.tap.changeMessage = (message) => (message.type === 'lease.revoke' ? [] : changeMessage(message));
    await this.pause('the test ends its leases', jobId);
  }

  /** Refusals of what a correct worker does not send. */
  get violations(): unknown[] {
    return this.tap.sent.filter(
      (message) => message.type === 'refusal' && VIOLATIONS.includes(message.error.code),
    );
  }

  #log(name: string): { [field: string]: unknown }[] {
    return (this.#running?.logEntries ?? []).filter(({ event }) => event === name);
  }
}
