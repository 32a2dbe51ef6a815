/**
 * Queues the inputs of one job: slices are numbered in the order of the calls, and a close is sent after all of them.
 * @module
 */
import { abortError } from '../../lib/abortable.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { RetryPolicy } from '../../transport/session.js';
import type { DeployerContext } from '../connection/context.js';
import { InputUpload, type UploadSummary } from './input-upload.js';
import { discardInput, type JobInput } from './input.js';
import { READ_AHEAD_DEFAULT, ReadAhead, type ReadAheadLimits } from './read-ahead.js';

export interface AppendQueueOptions {
  /** Waits for a lost connection without a time limit: the events of a job report the lost connection. @default true */
  waitForConnection?: boolean;
  /** How far an input of unknown length is read ahead of the finished slices. */
  readAhead?: () => Required<ReadAheadLimits>;
  /** Whether the job's handle follows it, and so reports missing workers itself. */
  isFollowed?: () => boolean;
}

export class AppendQueue {
  /** Limits the slices that are read and not finished. It must be updated with each status of the job. */
  readonly ahead: ReadAhead;
  readonly #context: DeployerContext;
  readonly #jobId: string;
  readonly #ended: AbortSignal;
  readonly #waitForConnection: boolean;
  /** Running uploads. One listener of `ended` stops them all, so that their number is not limited by listeners. */
  readonly #uploads = new Set<InputUpload>();
  #lastSlice = 0;
  /** Settles when all uploads so far have been sent. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param ended aborts when the job has ended; running uploads then stop */
  constructor(
    context: DeployerContext,
    jobId: string,
    ended: AbortSignal,
    {
      waitForConnection = true,
      readAhead = () => READ_AHEAD_DEFAULT,
      isFollowed = () => false,
    }: AppendQueueOptions = {},
  ) {
    this.#waitForConnection = waitForConnection;
    this.ahead = new ReadAhead({
      clock: context.ports.clock,
      limits: readAhead,
      status: async () => (await context.client.request('job.status', { jobId })).status,
      noWorkers: () => {
        if (!isFollowed()) context.noWorkersWarning.warnOnce(jobId);
      },
    });
    this.#context = context;
    this.#jobId = jobId;
    this.#ended = ended;
    ended.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  /** Starts the first upload immediately; none may be queued before it. */
  startFirst(input: JobInput): InputUpload {
    const upload = this.#start(input, 'data');
    this.#last = upload.sent.catch(() => undefined);
    return upload;
  }

  /** Resolves when the slices are committed. @throws the errors of the upload */
  async append(input: JobInput, signal?: AbortSignal): Promise<UploadSummary> {
    const started = this.#last.then(() => this.#start(input, 'data'));
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

  /** Whether an upload is running. */
  get isUploading(): boolean {
    return this.#uploads.size > 0;
  }

  /** The number of the last slice that was committed through this queue. */
  get lastSlice(): number {
    return this.#lastSlice;
  }

  /** Closes the job after all queued inputs. The signal stops waiting for the reply. */
  async close(signal?: AbortSignal): Promise<JobStatus> {
    await this.#last;
    const { status } = await this.#context.client.request(
      'job.close',
      { jobId: this.#jobId },
      { waitForConnection: true, signal, retry: this.#retryPolicy },
    );
    return status;
  }

  /** A running job needs its whole input in order, so appends are repeated while the scheduler's store is busy. */
  get #retryPolicy(): RetryPolicy {
    return { orderKey: this.#jobId, shouldRetry: () => !this.#ended.aborted };
  }

  #start(input: JobInput, label: string): InputUpload {
    this.#ended.throwIfAborted();
    const { ports, client, blobs } = this.#context;
    const jobId = this.#jobId;
    const release = client.retain();
    const upload = new InputUpload(
      {
        ahead: this.ahead,
        clock: ports.clock,
        random: ports.random,
        yieldNow: ports.yieldNow,
        putBlob: (ref, bytes) =>
          blobs.put(ref, bytes, this.#ended, { waitForConnection: this.#waitForConnection }),
        append: async (appendId, part) => {
          const body = { jobId, appendId, input: part };
          const options = {
            waitForConnection: this.#waitForConnection,
            isRetained: true,
            retry: this.#retryPolicy,
          };
          const answer = await client.request('job.append', body, options);
          this.#lastSlice = Math.max(this.#lastSlice, answer.first + answer.count - 1);
          return answer;
        },
      },
      input,
      label,
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

  #stopAll(): void {
    for (const upload of this.#uploads) upload.stop(this.#ended.reason);
  }
}
