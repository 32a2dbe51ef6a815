/**
 * The real scheduler in this process, with its store in memory: clients connect to it through a message tap. It starts with
 * the first connection, and ends with the test.
 * @module
 */
import { onTestFinished } from 'vitest';
import type { Clock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import { decodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import type { Input, JobStatus, JournalRow, WireOffer } from '../../protocol/messages/messages.js';
import { acceptClient } from '../../scheduler/sessions/open-session.js';
import type { Store } from '../../scheduler/store/port/store.js';
import { MessageTap } from '../message-tap.js';
import { MemoryBlobs } from './memory-blobs.js';
import { SchedulerFixture } from './scheduler-fixture.js';
import { WorkerPeer, type ComputeOutcome, type SliceOutcome } from './worker-peer.js';

export class InMemoryScheduler {
  readonly tap = new MessageTap(async (connection) => acceptClient((await this.started()).core, connection));
  readonly blobs = new MemoryBlobs(() => this.#fixture!.core.tickets);
  /** The last committed status of each job, by id. */
  readonly jobs = new Map<string, JobStatus>();
  /** Slices per report of the worker that runs `computeOutcome`, and so per journal row. */
  slicesPerRow = 1_000;
  #starting: Promise<SchedulerFixture> | undefined;
  #fixture: SchedulerFixture | undefined;
  #peer: WorkerPeer | undefined;
  #compute: ComputeOutcome | undefined;
  #isClosed = false;
  readonly #clock: Clock | undefined;

  /** @param clock the scheduler's. @default a virtual clock that does not advance by itself */
  constructor(clock?: Clock) {
    this.#clock = clock;
    onTestFinished(async () => {
      this.#isClosed = true;
      await (await this.#starting)?.close();
    });
  }

  started(): Promise<SchedulerFixture> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<SchedulerFixture> {
    const { blobs } = this;
    const store = (made: Store): Store => this.#observe(made);
    return (this.#fixture = await SchedulerFixture.start({ blobs, store, clock: this.#clock }));
  }

  /** A store that keeps `jobs` current. */
  #observe(store: Store): Store {
    return {
      ...store,
      commit: async (commands, roster) => {
        const committed = await store.commit(commands, roster);
        for (const jobId of committed.events.journal)
          this.jobs.set(jobId, (await store.status(jobId))!.status);
        return committed;
      },
    };
  }

  /** The status of the only job; throws where there is not exactly one. */
  get job(): JobStatus {
    const [job, ...more] = this.jobs.values();
    if (job === undefined || more.length > 0) throw new Error(`there are ${this.jobs.size} jobs`);
    return job;
  }

  /** Whether the only job was deployed, and its whole input was sent. */
  get isFilled(): boolean {
    return this.jobs.size === 1 && !this.job.open;
  }

  /** The package of the last job that was deployed. */
  get package(): JobPackage {
    return decodeJobPackage(this.tap.requestsOfType('job.deploy').at(-1)!.package);
  }

  /** The inputs of all appends, in order; a repeated append counts once. */
  get inputs(): Input[] {
    const appends = this.tap.requestsOfType('job.append');
    return [...new Map(appends.map(({ appendId, input }) => [appendId, input])).values()];
  }

  /** The payment offers of all deployments and top-ups, in order. */
  get offers(): WireOffer[] {
    const { received } = this.tap;
    return received.flatMap((m) => ('offer' in m && m.offer !== undefined ? [m.offer] : []));
  }

  /** The data of all slices, in order. */
  get inputData(): unknown[] {
    return this.inputs.flatMap((input) =>
      Array.from({ length: input.count }, (_, i) => this.blobs.datum(input, i)),
    );
  }

  /** Journal rows that were sent to followers, in order. */
  get rowsSent(): JournalRow[] {
    return this.tap.sent.flatMap((message) => (message.type === 'job.journal' ? message.rows : []));
  }

  /** Connects a worker that runs every slice and reports what `compute` returns. */
  set computeOutcome(compute: ComputeOutcome) {
    const isRunning = this.#compute !== undefined;
    this.#compute = compute;
    if (!isRunning) void this.#runAll();
  }

  async #runAll(): Promise<void> {
    const peer = await this.#worker();
    const running = peer.runAll(
      () => this.#compute!,
      () => this.slicesPerRow,
    );
    await running.catch((error: unknown) => {
      // A job may go on when its test has ended.
      if (!this.#isClosed) throw error;
    });
  }

  /** Leases the next slices and reports these outcomes for them. */
  async complete(outcomes: readonly SliceOutcome[]): Promise<void> {
    this.#peer ??= await this.#worker();
    await this.#peer.report(outcomes);
  }

  async #worker(): Promise<WorkerPeer> {
    return new WorkerPeer((await this.started()).worker(), this.blobs);
  }

  /** As the operator does; `jobId`: by default the only job. */
  async cancel(reason: string, jobId = this.job.jobId): Promise<void> {
    const { core } = await this.started();
    await core.commitQueue.submit('operatorCancel', { jobId, reason });
  }

  async pause(reason: string, jobId = this.job.jobId): Promise<void> {
    const { core } = await this.started();
    await core.commitQueue.submit('pauseJob', { jobId, reason });
  }

  async resume(jobId = this.job.jobId): Promise<void> {
    const { core } = await this.started();
    await core.commitQueue.submit('resumeJob', { jobId });
  }

  /** Credits units to an account. */
  async mint(account: string, amount: bigint): Promise<void> {
    const { core, random } = await this.started();
    await core.commitQueue.submit('mint', { account, amount, mintId: newId(random) });
  }
}
