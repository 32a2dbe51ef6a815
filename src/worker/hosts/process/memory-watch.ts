/**
 * Polls the resident memory of processes and reports those above their limit. JavaScript engines limit their own heap
 * only; buffers and WebAssembly memory are not part of it, and not every system has control groups.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { CancelTimer, Clock } from '../../../lib/clock.js';

/** Interval of polls on Linux, where one takes microseconds: memory can grow by 2 GB a second. Milliseconds. */
const POLL_MS_LINUX = 20;
/** Interval of polls where a program must be started for each, milliseconds. */
const POLL_MS = 250;
/** Linux counts in pages; `getconf` reports a larger page size. */
const PAGE_BYTES_DEFAULT = 4_096;

/** Resident bytes of the running processes, by process id. */
export type ReadMemory = (pids: readonly number[]) => Promise<Map<number, number>>;

export interface MemoryWatchOptions {
  clock: Clock;
  /** @default the implementation for this system */
  read?: ReadMemory;
  /** Interval of polls, milliseconds. @default 20 on Linux, else 250 */
  everyMs?: number;
}

interface Watched {
  capBytes: number;
  over: (bytes: number) => void;
}

export class MemoryWatch {
  readonly #clock: Clock;
  readonly #read: ReadMemory;
  readonly #everyMs: number;
  readonly #watched = new Map<number, Watched>();
  #cancel: CancelTimer | undefined;
  #isPolling = false;

  constructor(options: MemoryWatchOptions) {
    const isLinux = process.platform === 'linux';
    this.#clock = options.clock;
    this.#read = options.read ?? (isLinux ? readFromProc : readFromPs);
    this.#everyMs = options.everyMs ?? (isLinux ? POLL_MS_LINUX : POLL_MS);
  }

  /** Calls `over` once, when the process exceeds the limit. Returns the function that ends the watch. */
  watch(pid: number, capBytes: number, over: (bytes: number) => void): () => void {
    this.#watched.set(pid, { capBytes, over });
    this.#schedule();
    return () => {
      this.#watched.delete(pid);
      if (this.#watched.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#isPolling || this.#watched.size === 0) return;
    this.#cancel = this.#clock.after(
      this.#everyMs,
      () => {
        this.#cancel = undefined;
        this.#isPolling = true;
        void this.#poll().finally(() => {
          this.#isPolling = false;
          this.#schedule();
        });
      },
      { background: true },
    );
  }

  async #poll(): Promise<void> {
    const found = await this.#read([...this.#watched.keys()]);
    for (const [pid, bytes] of found) {
      const watched = this.#watched.get(pid);
      if (watched === undefined || bytes <= watched.capBytes) continue;
      this.#watched.delete(pid);
      watched.over(bytes);
    }
  }
}

let pageBytes = PAGE_BYTES_DEFAULT;
let isPageSizeKnown = false;

async function readFromProc(pids: readonly number[]): Promise<Map<number, number>> {
  if (!isPageSizeKnown) {
    isPageSizeKnown = true;
    const size = Number(await output('getconf', ['PAGESIZE']));
    if (size > 0) pageBytes = size;
  }
  const found = new Map<number, number>();
  for (const pid of pids) {
    try {
      const resident = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
      found.set(pid, resident * pageBytes);
    } catch {
      // The process has ended; its parent is notified.
    }
  }
  return found;
}

async function readFromPs(pids: readonly number[]): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  const table = await output('ps', ['-o', 'pid=,rss=', '-p', pids.join(',')]);
  for (const line of table.split('\n')) {
    const [pid, kib] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && kib !== undefined && kib >= 0) found.set(pid, kib * 1_024);
  }
  return found;
}

/** Output of a program; empty where it does not exist. */
function output(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5_000 }, (_error, stdout) => resolve(stdout));
  });
}
