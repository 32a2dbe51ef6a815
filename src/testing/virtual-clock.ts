/**
 * A clock under the control of a test. It advances only when no promise is left to settle, and then jumps to the next
 * timer. Timers run in order of their due time, those of the same time in order of creation, with all promises settled in
 * between, so that every run is the same.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';

interface Timer {
  atMs: number;
  /** Order of creation. */
  seq: number;
  background: boolean;
  fn: () => void;
}

export interface RunOptions {
  /** Virtual milliseconds after which `run` throws. @default one day */
  maxMs?: number;
  /** Number of timers after which `run` throws, to detect an endless loop. @default 1_000_000 */
  maxTimers?: number;
}

const DAY_MS = 24 * 3_600_000;
const TIMERS_MAX = 1_000_000;

export class VirtualClock implements Clock {
  #nowMs = 0;
  #seq = 0;
  /** Wall time at monotonic time 0, milliseconds since 1970; `shiftWall` changes it. */
  #wallStartMs: number;
  /** A binary heap by (atMs, seq). */
  readonly #heap: Timer[] = [];
  readonly #cancelled = new Set<Timer>();
  /** Number of pending timers that are not background timers: `run` continues while there are any. */
  #foreground = 0;
  /** Number of real operations (files, a thread pool) that the clock waits for. */
  #held = 0;

  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallStartMs = wallStartMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void, options: { background?: boolean } = {}): CancelTimer {
    const wait = Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
    const timer: Timer = {
      atMs: this.#nowMs + wait,
      seq: this.#seq++,
      background: options.background ?? false,
      fn,
    };
    push(this.#heap, timer);
    if (!timer.background) this.#foreground++;
    let state: 'set' | 'done' = 'set';
    const done = (): boolean => {
      if (state === 'done') return false;
      state = 'done';
      if (!timer.background) this.#foreground--;
      return true;
    };
    timer.fn = () => {
      if (done()) fn();
    };
    return () => {
      if (done()) this.#cancelled.add(timer);
    };
  }

  /** Number of timers that are set, background timers included. */
  get timerCount(): number {
    return this.#heap.length - this.#cancelled.size;
  }

  /** Shifts wall time by `ms`, as a correction of the system clock does; monotonic time is not changed. */
  shiftWall(ms: number): void {
    this.#wallStartMs += ms;
  }

  /** Stops the clock until `work`, a real asynchronous operation, has settled. */
  async holdDuring<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
    }
  }

  /** Lets promises settle, then runs timer by timer until `ms` have passed. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#settle();
    for (let next = this.#peek(); next !== undefined && next.atMs <= untilMs; next = this.#peek()) {
      this.#fire();
      await this.#settle();
    }
    this.#nowMs = untilMs;
  }

  /** Runs until only background timers are left. */
  async run(options: RunOptions = {}): Promise<void> {
    await this.runUntil(() => this.#foreground === 0, options, true);
  }

  /**
   * Runs until `reached` returns true, or until the promise settles, and returns its value. Throws where no timer is left,
   * or a limit of `options` is exceeded.
   */
  async runUntil(reached: () => boolean, options?: RunOptions, orIdle?: boolean): Promise<void>;
  async runUntil<T>(reached: Promise<T>, options?: RunOptions): Promise<T>;
  async runUntil<T>(
    reached: Promise<T> | (() => boolean),
    options: RunOptions = {},
    orIdle = false,
  ): Promise<T | void> {
    const { maxMs = DAY_MS, maxTimers = TIMERS_MAX } = options;
    const untilMs = this.#nowMs + maxMs;
    let state: 'pending' | 'settled' = 'pending';
    if (reached instanceof Promise) {
      const settled = (): void => void (state = 'settled');
      reached.then(settled, settled);
    }
    const isReached = (): boolean => (typeof reached === 'function' ? reached() : state === 'settled');
    await this.#settle();
    for (let timers = 0; !isReached(); timers++) {
      const next = this.#peek();
      if (next === undefined) {
        if (orIdle) return;
        throw new Error(
          `Virtual time stopped at ${this.#nowMs} ms: no timer is left, and the awaited condition does not hold.`,
        );
      }
      if (next.atMs > untilMs)
        throw new Error(`The awaited condition does not hold within ${maxMs} ms of virtual time.`);
      if (timers >= maxTimers)
        throw new Error(`The awaited condition does not hold after ${maxTimers} timers.`);
      this.#fire();
      await this.#settle();
    }
    return typeof reached === 'function' ? undefined : reached;
  }

  #peek(): Timer | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (!this.#cancelled.delete(top)) return top;
      pop(this.#heap);
    }
    return undefined;
  }

  #fire(): void {
    const timer = pop(this.#heap)!;
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.fn();
  }

  /** A macrotask runs after every promise that can settle by itself. */
  async #settle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#held > 0);
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
