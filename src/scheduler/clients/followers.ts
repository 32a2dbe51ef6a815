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
  state: 'idle' | 'reading' | 'stale' | 'removed';
  /** Whether the last read reached the end of the journal. */
  atEnd: boolean;
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
  readonly #byJob = new Map<string, Set<Follower>>();

  constructor(options: FollowersOptions) {
    this.#options = options;
  }

  /** Sends the rows after row `after` from now on; a second follow of the same job and port replaces the first. */
  add(port: FollowerPort, jobId: string, after: number, windowBytes: number): void {
    this.remove(port, jobId);
    const set = this.#byJob.get(jobId) ?? new Set();
    const follower: Follower = {
      port,
      jobId,
      cursor: after,
      window: windowBytes,
      state: 'idle',
      atEnd: false,
    };
    this.#byJob.set(jobId, set.add(follower));
    this.#pump(follower);
  }

  /** Ends the port's follow of that job, or all its follows. */
  remove(port: FollowerPort, jobId?: string): void {
    for (const [id, set] of jobId === undefined ? this.#byJob : [[jobId, this.#byJob.get(jobId)] as const]) {
      for (const follower of set ?? []) {
        if (follower.port !== port) continue;
        follower.state = 'removed';
        set!.delete(follower);
      }
      if (set?.size === 0) this.#byJob.delete(id);
    }
  }

  /** The follower has consumed bytes: its window grows by them. */
  credit(port: FollowerPort, jobId: string, bytes: number): void {
    for (const follower of this.#byJob.get(jobId) ?? []) {
      if (follower.port !== port) continue;
      follower.window += bytes;
      this.#pump(follower);
    }
  }

  /** The port's socket has room again. */
  drained(port: FollowerPort): void {
    for (const set of this.#byJob.values())
      for (const follower of set) if (follower.port === port) this.#pump(follower);
  }

  /** The job's journal has new rows. */
  wake(jobId: string): void {
    for (const follower of this.#byJob.get(jobId) ?? []) {
      follower.atEnd = false;
      this.#pump(follower);
    }
  }

  /** Sends a best-effort message to a job's followers. */
  broadcast(jobId: string, message: SchedulerMessage): void {
    for (const { port } of this.#byJob.get(jobId) ?? []) {
      if (port.bufferedBytes < BEST_EFFORT_BYTES_MAX) port.send(message);
    }
  }

  #pump(follower: Follower): void {
    if (follower.state === 'reading') follower.state = 'stale';
    if (follower.state === 'idle' && !follower.atEnd) void this.#read(follower);
  }

  async #read(follower: Follower): Promise<void> {
    const { port, jobId } = follower;
    try {
      do {
        follower.state = 'reading';
        // Rows may have been added since the last read began.
        follower.atEnd = false;
        while (
          !hasAll(follower) &&
          follower.window > 0 &&
          isActive(follower) &&
          port.bufferedBytes <= SOCKET_BUFFER_BYTES_LOW
        ) {
          const { rows, atEnd } = await this.#options.store.journal(
            jobId,
            follower.cursor,
            Math.min(follower.window, RESULTS_BYTES_MAX),
          );
          if (!isActive(follower)) break;
          follower.atEnd = atEnd;
          if (rows.length === 0) break;
          for (const row of rows) follower.window -= rowBytes(row);
          follower.cursor = rows.at(-1)!.seq;
          port.send({ type: 'job.journal', jobId, rows });
        }
      } while (hasNewRows(follower));
      if (isActive(follower)) follower.state = 'idle';
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
    this.#options.clock.after(RETRY_MS, () => this.#pump(follower), { background: true });
  }
}

/** Read through a function: the state changes while a read is awaited. */
const isActive = (follower: Follower): boolean => follower.state !== 'removed';

const hasAll = (follower: Follower): boolean => follower.atEnd;

/** Whether new rows were added during the last read. */
const hasNewRows = (follower: Follower): boolean => follower.state === 'stale';

/** Bytes that a row costs of its follower's window; the deployer computes the same. */
export function rowBytes(row: JournalRow): number {
  let bytes = FOLLOW_ROW_BYTES;
  if (row.event.kind === 'outcomes') for (const part of row.event.parts) bytes += part.segment.byteLength;
  return bytes;
}
