/**
 * Watches the resident memory of processes, and says when one is over its cap. JavaScript engines bound their own heap
 * only: buffers and WebAssembly memory grow past it, and not every system has a group of processes to bound them by.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { CancelTimer, Clock } from '../../../lib/clock.js';

/** How often it looks, where looking costs microseconds (Linux): memory can grow by 2 GB a second. */
const LOOK_MS = 20;
/** How often it looks where a program has to be started for it. */
const ASK_MS = 250;
/** Linux counts in pages; `getconf` knows where they are larger than this. */
const PAGE_BYTES_DEFAULT = 4_096;

/** Resident bytes of the processes that live, by their ids. */
export type ReadMemory = (pids: readonly number[]) => Promise<Map<number, number>>;

export interface MemoryWatchOptions {
  clock: Clock;
  /** @default what this system has */
  read?: ReadMemory;
  /** Milliseconds between two looks. @default 20 on Linux, else 250 */
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
  #looking = false;

  constructor(options: MemoryWatchOptions) {
    const isLinux = process.platform === 'linux';
    this.#clock = options.clock;
    this.#read = options.read ?? (isLinux ? readFromProc : readFromPs);
    this.#everyMs = options.everyMs ?? (isLinux ? LOOK_MS : ASK_MS);
  }

  /** Calls `over` once, when the process has more than the cap. Answers what ends the watch. */
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
    if (this.#cancel !== undefined || this.#looking || this.#watched.size === 0) return;
    this.#cancel = this.#clock.after(
      this.#everyMs,
      () => {
        this.#cancel = undefined;
        this.#looking = true;
        void this.#look().finally(() => {
          this.#looking = false;
          this.#schedule();
        });
      },
      { background: true },
    );
  }

  async #look(): Promise<void> {
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
let askedForPages = false;

async function readFromProc(pids: readonly number[]): Promise<Map<number, number>> {
  if (!askedForPages) {
    askedForPages = true;
    const told = Number(await output('getconf', ['PAGESIZE']));
    if (told > 0) pageBytes = told;
  }
  const found = new Map<number, number>();
  for (const pid of pids) {
    try {
      const resident = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
      found.set(pid, resident * pageBytes);
    } catch {
      // It is gone; whoever started it will hear of that.
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

/** What a program of this system prints; nothing where it is not there. */
function output(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5_000 }, (_error, stdout) => resolve(stdout));
  });
}
