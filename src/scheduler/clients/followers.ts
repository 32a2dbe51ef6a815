/**
 * The followers of jobs' journals, each with its cursor. Rows are read from the store only as a follower's window of
 * byte credits allows, so a slow follower costs the scheduler no memory.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { toWireError } from '../../lib/errors.js';
import { FOLLOW_ROW_BYTES, RESULTS_BYTES_MAX, SOCKET_BUFFER_BYTES_LOW } from '../../protocol/limits.js';
import type { JournalRow, SchedulerMessage } from '../../protocol/messages/messages.js';
import type { Log } from '../log/log.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { Store } from '../store/port/store.js';

export interface FollowerPort {
  send(message: SchedulerMessage): void;
  /** Bytes that are queued on the socket; `Followers.drained` is called when few are left of many. */
  readonly bufferedBytes: number;
}

interface Follower {
  readonly port: FollowerPort;
  readonly jobId: string;
  /** The last row that was sent. */
  cursor: number;
  /** Bytes that may still be sent before the follower grants more credit. */
  window: number;
  /** `queued`: it waits for its turn to read; `stale`: rows were added while it reads. */
  state: 'idle' | 'queued' | 'reading' | 'stale' | 'removed';
  /** Whether the last read reached the end of the journal. */
  atEnd: boolean;
}

/** The followers of one port read one after another, since each page that they read goes into the buffer of its socket. */
interface PortState {
  readonly followers: Map<string, Follower>;
  readonly queue: Follower[];
  isServing: boolean;
}

/** Console and progress messages are dropped for a follower with more unsent bytes. */
const BEST_EFFORT_BYTES_MAX = 1024 * 1024;

/** Delay before a journal is read again after the store failed, milliseconds. */
const RETRY_MS = 1_000;

export interface FollowersOptions {
  store: Store;
  clock: Clock;
  log: Log;
}

export class Followers {
  readonly #options: FollowersOptions;
  readonly #ports = new Map<FollowerPort, PortState>();
  readonly #byJob = new Map<string, Set<Follower>>();

  constructor(options: FollowersOptions) {
    this.#options = options;
  }

  /** Sends the rows after row `after` from now on; a second follow of the same job and port replaces the first. */
  add(port: FollowerPort, jobId: string, after: number, windowBytes: number): void {
    this.remove(port, jobId);
    const follower: Follower = {
      port,
      jobId,
      cursor: after,
      window: windowBytes,
      state: 'idle',
      atEnd: false,
    };
    const state = this.#ports.get(port) ?? { followers: new Map(), queue: [], isServing: false };
    this.#ports.set(port, state);
    state.followers.set(jobId, follower);
    this.#byJob.set(jobId, (this.#byJob.get(jobId) ?? new Set()).add(follower));
    this.#enqueue(follower);
  }

  /** Ends the port's follow of that job, or all its follows. */
  remove(port: FollowerPort, jobId?: string): void {
    const { followers } = this.#ports.get(port) ?? {};
    for (const follower of followers?.values() ?? []) {
      if (jobId !== undefined && follower.jobId !== jobId) continue;
      follower.state = 'removed';
      followers!.delete(follower.jobId);
      const set = this.#byJob.get(follower.jobId)!;
      set.delete(follower);
      if (set.size === 0) this.#byJob.delete(follower.jobId);
    }
    if (followers?.size === 0) this.#ports.delete(port);
  }

  /** The follower has consumed bytes: its window grows by them. */
  credit(port: FollowerPort, jobId: string, bytes: number): void {
    const follower = this.#ports.get(port)?.followers.get(jobId);
    if (follower === undefined) return;
    follower.window += bytes;
    this.#enqueue(follower);
  }

  /** The port's socket has room again. */
  drained(port: FollowerPort): void {
    const state = this.#ports.get(port);
    if (state !== undefined) void this.#serve(port, state);
  }

  /** The job's journal has new rows. */
  wake(jobId: string): void {
    for (const follower of this.#byJob.get(jobId) ?? []) {
      follower.atEnd = false;
      if (follower.state === 'reading') follower.state = 'stale';
      this.#enqueue(follower);
    }
  }

  /** Sends a best-effort message to a job's followers. */
  broadcast(jobId: string, message: SchedulerMessage): void {
    for (const { port } of this.#byJob.get(jobId) ?? []) {
      if (port.bufferedBytes < BEST_EFFORT_BYTES_MAX) port.send(message);
    }
  }

  /** Lets it read when it is its turn, if it may and there are rows to read. */
  #enqueue(follower: Follower): void {
    const { port, state, atEnd, window } = follower;
    if (state !== 'idle' || atEnd || window <= 0) return;
    const ofPort = this.#ports.get(port)!;
    follower.state = 'queued';
    ofPort.queue.push(follower);
    void this.#serve(port, ofPort);
  }

  /** Reads for the queued followers of a port, a page each in turn, until its socket has enough to send. */
  async #serve(port: FollowerPort, state: PortState): Promise<void> {
    if (state.isServing) return;
    state.isServing = true;
    try {
      while (state.queue.length > 0 && port.bufferedBytes <= SOCKET_BUFFER_BYTES_LOW) {
        const follower = state.queue.shift()!;
        if (isActive(follower)) await this.#read(follower);
      }
    } finally {
      state.isServing = false;
    }
  }

  /** Reads and sends one page; the follower is queued again if there is more. */
  async #read(follower: Follower): Promise<void> {
    const { port, jobId } = follower;
    follower.state = 'reading';
    try {
      const bytes = Math.min(follower.window, RESULTS_BYTES_MAX);
      const { rows, atEnd } = await this.#options.store.journal(jobId, follower.cursor, bytes);
      if (!isActive(follower)) return;
      follower.atEnd = !isStale(follower) && (atEnd || rows.length === 0);
      follower.state = 'idle';
      if (rows.length > 0) {
        for (const row of rows) follower.window -= rowBytes(row);
        follower.cursor = rows.at(-1)!.seq;
        port.send({ type: 'job.journal', jobId, rows });
      }
      if (isActive(follower)) this.#enqueue(follower);
    } catch (error) {
      if (!isActive(follower)) return;
      if (isStoreFailure(error)) return this.#readLater(follower);
      this.remove(port, jobId);
      this.#options.log('error', 'follower', { jobId, error: toWireError(error).message });
      port.send({ type: 'goodbye', error: toWireError(error) });
    }
  }

  /** The store cannot be read now: retries after a delay. */
  #readLater(follower: Follower): void {
    follower.state = 'idle';
    follower.atEnd = false;
    this.#options.clock.after(RETRY_MS, () => this.#enqueue(follower), { background: true });
  }
}

/** Read through a function: the state changes while a read is awaited, and when sending ends the connection. */
const isActive = (follower: Follower): boolean => follower.state !== 'removed';

/** Whether rows were added while it read. */
const isStale = (follower: Follower): boolean => follower.state === 'stale';

/** Bytes that a row costs of its follower's window; the deployer computes the same. */
export function rowBytes(row: JournalRow): number {
  let bytes = FOLLOW_ROW_BYTES;
  if (row.event.kind === 'outcomes') for (const part of row.event.parts) bytes += part.segment.byteLength;
  return bytes;
}
