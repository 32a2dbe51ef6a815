/**
 * Sends one job to the scheduler: its deployment and its inputs. Slices are numbered in the order of the calls, and a close
 * is sent after all of them. Deploy, appends and close are sent without waiting for the replies between them, so that a job
 * costs one round trip.
 * @module
 */
import type { RetryPolicy } from '../../client/connection/session.js';
import { abortError } from '../../lib/abortable.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { SignalFan } from '../../lib/signal-fan.js';
import { REASON_LENGTH_MAX } from '../../protocol/limits.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobConfig } from '../config/job-config.js';
import { READ_AHEAD_DEFAULT, type ReadAheadLimits } from '../config/read-ahead-limits.js';
import type { DeployerContext } from '../connection/context.js';
import type { JobState, StateObserver } from '../state/job-state.js';
import { InputUpload, type UploadSummary } from './input-upload.js';
import { discardInput, type JobInput } from '../call/input.js';
import { prepareDeploy } from './prepare-deploy.js';
import { ReadAhead } from './read-ahead.js';

/** The job that slices are added to. */
export interface UploadedJob {
  readonly id: string;
  /** Aborts when the job has ended; running uploads then stop. */
  readonly ended: AbortSignal;
  /** Whether the job's handle follows it, and so reports missing workers itself. */
  readonly isFollowed: boolean;
}

/** The job of a handle, to which its deployment is reported. */
export type DeployedJob = UploadedJob &
  Pick<
    JobState<unknown, unknown>,
    'findPosition' | 'setReadyState' | 'accepted' | 'update' | 'cancelled' | 'fail'
  >;

export interface JobUploadOptions {
  /** Waits for a lost connection without a time limit: the events of a handle report the lost connection. @default true */
  waitForConnection?: boolean;
}

export class JobUpload implements StateObserver {
  readonly #context: DeployerContext;
  readonly #job: UploadedJob;
  readonly #waitForConnection: boolean;
  /** Limits the slices that are read and not finished. */
  readonly #ahead: ReadAhead;
  /** Running uploads. One listener of `ended` stops them all, so that their number is not limited by listeners. */
  readonly #uploads = new Set<InputUpload>();
  #transfers: SignalFan | undefined;
  #lastSlice = 0;
  /** Settles when all uploads so far have been sent. */
  #last: Promise<unknown> = Promise.resolve();
  #readAhead: Required<ReadAheadLimits> = READ_AHEAD_DEFAULT;
  #isSent = false;
  #autoClose = false;
  #first: InputUpload | undefined;
  /** Signs further offers like the first one, by default. */
  #payer: Keystore | undefined;
  #acceptMs: number | undefined;

  constructor(
    context: DeployerContext,
    job: UploadedJob,
    { waitForConnection = true }: JobUploadOptions = {},
  ) {
    this.#context = context;
    this.#job = job;
    this.#waitForConnection = waitForConnection;
    this.#ahead = new ReadAhead({
      clock: context.ports.clock,
      limits: () => this.#readAhead,
      status: async () => (await context.client.request('job.status', { jobId: job.id })).status,
      noWorkers: () => {
        if (!job.isFollowed) context.noWorkersWarning.warnOnce(job.id);
      },
    });
    job.ended.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  /** Whether the deploy request was sent, so that the scheduler may have the job. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** Whether an upload is running. */
  get isUploading(): boolean {
    return this.#uploads.size > 0;
  }

  /** The number of slices that were read from the input of a job that closes after it; undefined if more may be added. */
  get slicesRead(): number | undefined {
    return this.#autoClose ? this.#first?.readCount : undefined;
  }

  /** The number of the last slice that was committed through this upload. */
  get lastSlice(): number {
    return this.#lastSlice;
  }

  /** Takes each status that the scheduler sends. */
  updated(status: JobStatus): void {
    this.#ahead.update(status);
  }

  /** Resolves when the scheduler has accepted the job; its input may still be uploading. */
  async deploy(config: JobConfig, input: JobInput, job: DeployedJob): Promise<void> {
    const { client } = this.#context;
    this.#readAhead = config.readAhead;
    this.#autoClose = config.autoClose;
    this.#acceptMs = config.terms.acceptMs;
    const release = client.retain();
    let leaveGroups = (): void => undefined;
    try {
      const prepared = await prepareDeploy(this.#context, config, job);
      leaveGroups = prepared.leaveGroups;
      this.#payer = prepared.payer;
      job.ended.throwIfAborted();
      job.setReadyState('deploying');
      // A listener may have cancelled the job. After the next line a cancellation is sent to the scheduler.
      job.ended.throwIfAborted();
      this.#isSent = true;
      const deployed = client.request('job.deploy', prepared.body);
      this.#uploadFirst(input, deployed, job);
      const { status } = await deployed;
      job.accepted(status);
    } finally {
      if (this.#first === undefined) discardInput(input);
      leaveGroups();
      release();
    }
  }

  /** Resolves when the slices are committed. @throws the errors of the upload */
  async append(input: JobInput, signal?: AbortSignal): Promise<UploadSummary> {
    const started = this.#last.then(() => this.#start(input));
    this.#last = started.then((upload) => upload.sent).catch(() => undefined);
    let upload: InputUpload;
    try {
      upload = await started;
    } catch (error) {
      discardInput(input);
      throw error;
    }
    const stop = (): void => upload.stop(abortError('addSlices', signal!));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      return await upload.done;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Closes the job after all queued inputs. The signal stops waiting for the reply. */
  async close(signal?: AbortSignal): Promise<JobStatus> {
    await this.#last;
    const { status } = await this.#context.client.request(
      'job.close',
      { jobId: this.#job.id },
      { waitForConnection: true, signal, retry: this.#retryPolicy },
    );
    return status;
  }

  /** Raises the ceiling; by default the keystore of the deployment signs. */
  async topUp(ceiling: bigint, keystore = this.#payer, signal?: AbortSignal): Promise<JobStatus> {
    const { topUpJob } = await import('./top-up.js');
    return topUpJob(this.#context, this.#job.id, ceiling, keystore, {
      acceptMs: this.#acceptMs,
      signal,
    });
  }

  /** A running job needs its whole input in order, so appends are repeated while the scheduler's store is busy. */
  get #retryPolicy(): RetryPolicy {
    return { orderKey: this.#job.id, shouldRetry: () => !this.#job.ended.aborted };
  }

  #uploadFirst(input: JobInput, deployed: Promise<unknown>, job: DeployedJob): void {
    const release = this.#context.client.retain();
    if (input.kind !== 'described') job.setReadyState('uploading');
    const upload = (this.#first = this.#start(input));
    this.#last = upload.sent.catch(() => undefined);
    // The close of a job that has ended does not wait for a lost connection.
    const closing = this.#autoClose ? upload.sent.then(() => this.close(job.ended)) : upload.sent;
    const all = Promise.all([upload.done, closing]).then(([{ count }, status]) => {
      if (status === undefined) return;
      checkCount(job.id, count, status);
      job.update(status);
    });
    all.catch(() => undefined);
    // If the deploy was refused, its error is reported and those of the appends are ignored.
    deployed
      .then(
        () => all.catch((error: unknown) => this.#inputFailed(error as Error, job)),
        () => all,
      )
      .catch(() => undefined)
      .finally(release)
      .catch(() => undefined);
  }

  /** Cancels the job, because it has only a part of its input. */
  #inputFailed(error: Error, job: DeployedJob): void {
    if (job.ended.aborted) return;
    if (isError(error, 'JOB_CANCELLED')) return job.cancelled(error.info.reason ?? '');
    job.fail(error);
    const reason = `The input could not be uploaded completely: ${error.message}`.slice(0, REASON_LENGTH_MAX);
    this.#context.client.request('job.cancel', { jobId: job.id, reason }).catch(() => undefined);
  }

  #start(input: JobInput): InputUpload {
    const { ended, id: jobId } = this.#job;
    ended.throwIfAborted();
    const { ports, client, blobs } = this.#context;
    const waitForConnection = this.#waitForConnection;
    const transfers = this.#transfersUntil(ended);
    const release = client.retain();
    const upload = new InputUpload(
      {
        ahead: this.#ahead,
        clock: ports.clock,
        random: ports.random,
        yieldNow: ports.yieldNow,
        putBlob: (ref, bytes) =>
          transfers.run((signal) => blobs.put(ref, bytes, { signal, waitForConnection })),
        append: async (appendId, part) => {
          const body = { jobId, appendId, input: part };
          const options = { waitForConnection, isRetained: true, retry: this.#retryPolicy };
          const answer = await client.request('job.append', body, options);
          this.#lastSlice = Math.max(this.#lastSlice, answer.first + answer.count - 1);
          return answer;
        },
      },
      input,
    );
    this.#uploads.add(upload);
    upload.done
      .catch(() => undefined)
      .finally(() => {
        this.#uploads.delete(upload);
        release();
      })
      .catch(() => undefined);
    return upload;
  }

  /** A job that runs again after its end has another signal. */
  #transfersUntil(ended: AbortSignal): SignalFan {
    if (this.#transfers?.source !== ended) this.#transfers = new SignalFan(ended);
    return this.#transfers;
  }

  #stopAll(): void {
    for (const upload of this.#uploads) upload.stop(this.#job.ended.reason);
  }
}

/** Checks that the scheduler has exactly the slices that were read: otherwise results would be missing unnoticed. */
function checkCount(jobId: string, count: number, { total, runStatus }: JobStatus): void {
  if (total === count || runStatus === 'cancelled') return;
  const text = `${count} slices of job ${jobId} were read from its input, but the scheduler has ${total}.`;
  throw new ManyhandsError('INTERNAL', text, { jobId, read: count, total });
}
