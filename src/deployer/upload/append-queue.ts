/**
 * The inputs of one job, one behind the other: slices get their numbers in the order in which they were handed
 * in, and a close comes behind them all.
 * @module
 */
import { abortError } from '../../lib/abortable.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { Repeat } from '../../transport/session.js';
import type { DeployerContext } from '../connection/context.js';
import { Feed, type FeedSummary } from './feed.js';
import { discardInput, type JobInput } from './input.js';
import { READ_AHEAD_DEFAULT, ReadAhead, type ReadAheadLimits } from './read-ahead.js';

export interface AppendQueueOptions {
  /** Waits for a lost connection as long as it takes, as a job does that tells of it. @default true */
  patient?: boolean;
  /** How far an input of unknown length may be ahead of what is computed. */
  readAhead?: () => Required<ReadAheadLimits>;
  /** Whether the job's handle follows it, and says by itself that nobody computes. */
  isFollowed?: () => boolean;
}

export class AppendQueue {
  /** What is read and not computed; it has to hear of what is computed. */
  readonly ahead: ReadAhead;
  readonly #context: DeployerContext;
  readonly #jobId: string;
  readonly #ended: AbortSignal;
  readonly #patient: boolean;
  /** Those that are under way: one listener of `ended` stops them all, however many there are. */
  readonly #feeds = new Set<Feed>();
  #lastSlice = 0;
  /** Settles when all that was begun so far is handed to the connection. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param ended aborts when nothing more can be appended; what is being fed stops then
   */
  constructor(
    context: DeployerContext,
    jobId: string,
    ended: AbortSignal,
    {
      patient = true,
      readAhead = () => READ_AHEAD_DEFAULT,
      isFollowed = () => false,
    }: AppendQueueOptions = {},
  ) {
    this.#patient = patient;
    this.ahead = new ReadAhead({
      clock: context.ports.clock,
      limits: readAhead,
      status: async () => (await context.link.request('job.status', { jobId })).status,
      noWorkers: () => {
        if (!isFollowed()) context.missing.say(jobId);
      },
    });
    this.#context = context;
    this.#jobId = jobId;
    this.#ended = ended;
    ended.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  /** Begins at once; there must be nothing before it. */
  startFirst(input: JobInput): Feed {
    const feed = this.#start(input, 'data');
    this.#last = feed.sent.catch(() => undefined);
    return feed;
  }

  /** Resolves when the slices are committed. @throws what feeding throws */
  async append(input: JobInput, signal?: AbortSignal): Promise<FeedSummary> {
    const started = this.#last.then(() => this.#start(input, 'data'));
    this.#last = started.then((feed) => feed.sent).catch(() => undefined);
    let feed: Feed;
    try {
      feed = await started;
    } catch (error) {
      discardInput(input);
      throw error;
    }
    const stop = (): void => feed.stop(abortError('addSlices', signal!));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      return await feed.done;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Whether an input is on its way. */
  get isFeeding(): boolean {
    return this.#feeds.size > 0;
  }

  /** The number of the last slice that was committed by way of this queue. */
  get lastSlice(): number {
    return this.#lastSlice;
  }

  /** Closes the job behind all that was begun so far. With a signal it may be given up, as an answer may never come. */
  async close(signal?: AbortSignal): Promise<JobStatus> {
    await this.#last;
    const { status } = await this.#context.link.request(
      'job.close',
      { jobId: this.#jobId },
      { patient: true, signal, repeat: this.#repeat },
    );
    return status;
  }

  /** A job that goes on needs all of its input, in its order: what the store cannot take now is sent again. */
  get #repeat(): Repeat {
    return { order: this.#jobId, isWanted: () => !this.#ended.aborted };
  }

  #start(input: JobInput, label: string): Feed {
    this.#ended.throwIfAborted();
    const { ports, link, blobs } = this.#context;
    const jobId = this.#jobId;
    const release = link.hold();
    const feed = new Feed(
      {
        ahead: this.ahead,
        clock: ports.clock,
        random: ports.random,
        yieldNow: ports.yieldNow,
        putBlob: (ref, bytes) => blobs.put(ref, bytes, this.#ended, { patient: this.#patient }),
        append: async (appendId, part) => {
          const body = { jobId, appendId, input: part };
          const options = { patient: this.#patient, isHeld: true, repeat: this.#repeat };
          const answer = await link.request('job.append', body, options);
          this.#lastSlice = Math.max(this.#lastSlice, answer.first + answer.count - 1);
          return answer;
        },
      },
      input,
      label,
    );
    this.#feeds.add(feed);
    feed.done
      .catch(() => undefined)
      .finally(() => {
        this.#feeds.delete(feed);
        release();
      })
      .catch(() => undefined);
    return feed;
  }

  #stopAll(): void {
    for (const feed of this.#feeds) feed.stop(this.#ended.reason);
  }
}
