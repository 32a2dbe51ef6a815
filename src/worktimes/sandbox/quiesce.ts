/**
 * Between slices the thread of a sandbox is quiesced: it blocks, so that nothing that a job left behind (timers, promises,
 * messages to itself) computes. Where the supervisor shares a signal, the thread blocks until a message is sent. Elsewhere
 * it wakes for one turn of the event loop many times a second; the longer leftover code runs in a turn, the longer it blocks.
 * @module
 */
import type { SandboxEnv, Sleep } from './sandbox-env.js';
import { getterOf } from '../realm/captured.js';

/** The part of the environment that is needed to quiesce. */
export type QuiesceEnv = Pick<SandboxEnv, 'now' | 'nextTurn' | 'sleep'>;

export interface QuiesceEvents {
  /** The thread is about to block: called once for each request, with its nonce. */
  quiesced(nonce: string): void;
  /** The thread cannot be quiesced, because leftover code keeps it busy. */
  fail(error: unknown): void;
}

/** A request without an answer yet, and the one after it. */
interface Request {
  readonly nonce: string;
  next: Request | undefined;
}

const { min, max, sqrt } = Math;
const Failure = Error;

/** The shortest and the longest sleep, milliseconds: on average a message is received half a sleep late. */
const SLEEP_MS_MIN = 4;
const SLEEP_MS_MAX = 50;
/**
 * Between them a sleep lasts this many times the square root of the idle time so far: most idle times are short, and then
 * latency matters; a long one needs few turns. The longest sleep is reached after ten seconds and about four hundred turns.
 */
const SLEEP_PER_ROOT = 0.5;
/** A sleep lasts at least this many times as long as the turn before it. */
const SLEEP_PER_TURN = 19;
/** The longest sleep after a long turn, milliseconds. */
const PENALTY_MS_MAX = 1_000;
/** Turns that last longer than this, milliseconds, end the sandbox when there are more than `LONG_TURNS_MAX` of them. */
const LONG_TURN_MS = 250;
const LONG_TURNS_MAX = 2;

/**
 * Quiesces one sandbox while it has no work. It shares its realm with job code, which may have changed every global, so it
 * uses no promise, no `await` and no method of an array.
 */
export class Quiescer {
  readonly #env: QuiesceEnv;
  readonly #events: QuiesceEvents;
  /** Messages received so far, as an int32. */
  #received = 0;
  /** Counts starts and ends of quiescence: odd while quiesced. */
  #transitions = 0;
  /** Requests without an answer, in order: a linked list, since job code may change what arrays do. */
  #firstRequest: Request | undefined;
  #lastRequest: Request | undefined;
  #beganMs = 0;
  #longTurns = 0;

  constructor(env: QuiesceEnv, events: QuiesceEvents) {
    this.#env = env;
    this.#events = events;
  }

  /** Counts a received message. */
  countMessage(): void {
    this.#received = (this.#received + 1) | 0;
  }

  /** Requests quiescence. It is answered just before the next sleep; call `begin` once nothing runs. */
  request(nonce: string): void {
    const request: Request = { nonce, next: undefined };
    if (this.#lastRequest === undefined) this.#firstRequest = request;
    else this.#lastRequest.next = request;
    this.#lastRequest = request;
  }

  /** Whether a request has no answer yet. */
  get isRequested(): boolean {
    return this.#firstRequest !== undefined;
  }

  /** Ends quiescence: there is work. Requests without an answer get one, which the supervisor ignores by then. */
  resume(): void {
    if (this.#isQuiesced) this.#transitions += 1;
    this.#answer();
  }

  /** Blocks the thread from the next turn on until `resume`; fails where leftover code takes several long turns. */
  begin(): void {
    if (this.#isQuiesced) return;
    this.#transitions += 1;
    this.#beganMs = this.#env.now();
    this.#longTurns = 0;
    this.#takeTurn(this.#transitions);
  }

  #takeTurn(transition: number): void {
    const { now, nextTurn } = this.#env;
    const turnBeganMs = now();
    nextTurn(() => {
      if (this.#transitions === transition) this.#sleep(transition, now() - turnBeganMs);
    });
  }

  #sleep(transition: number, turnMs: number): void {
    const { now, sleep } = this.#env;
    if (turnMs > LONG_TURN_MS && ++this.#longTurns > LONG_TURNS_MAX) {
      return this.#events.fail(new Failure('code that its slices left behind kept it busy'));
    }
    // Answer only here, immediately before the sleep: after an earlier answer job code could still prevent the sleep.
    this.#answer();
    const idleSleepMs = min(SLEEP_MS_MAX, max(SLEEP_MS_MIN, SLEEP_PER_ROOT * sqrt(now() - this.#beganMs)));
    const sleepMs = min(PENALTY_MS_MAX, max(idleSleepMs, turnMs * SLEEP_PER_TURN));
    if (sleep === undefined || !sleep(sleepMs, this.#received)) {
      // The thread cannot be blocked. It stays awake, and the supervisor polls whether it still answers.
      this.#transitions += 1;
      return;
    }
    this.#takeTurn(transition);
  }

  #answer(): void {
    for (let one = this.#firstRequest; one !== undefined; one = one.next) this.#events.quiesced(one.nonce);
    this.#firstRequest = this.#lastRequest = undefined;
  }

  get #isQuiesced(): boolean {
    return this.#transitions % 2 === 1;
  }
}

const { apply } = Reflect;
const { load, wait } = Atomics;
/** Captured before job code could change them. Some browsers have no WebAssembly. */
const Memory = typeof WebAssembly === 'undefined' ? undefined : WebAssembly.Memory;
const Numbers = Int32Array;
const bufferOf = Memory === undefined ? undefined : getterOf(Memory.prototype, 'buffer');
/** Undefined where a page is not cross-origin isolated. */
const Shared = typeof SharedArrayBuffer === 'undefined' ? undefined : SharedArrayBuffer;

/** Blocks, like a futex, while `signal[0]`, the number of messages sent (int32), equals the number of messages received. */
export function waitOnSignal(signal: Int32Array): Sleep {
  return (_ms, received) => {
    if (load(signal, 0) === received) wait(signal, 0, received);
    return true;
  };
}

/** Blocks for the given time alone. */
export function waitWithTimeout(): Sleep {
  let unchanged: Int32Array | undefined;
  return (ms) => {
    try {
      // Allocated on first use: it would slow down each start.
      unchanged ??= sharedNumbers();
      wait(unchanged, 0, 0, ms);
      return true;
    } catch {
      return false;
    }
  };
}

/** Shared memory of at least one int32, also where `SharedArrayBuffer` is hidden. Throws where there is none. */
function sharedNumbers(): Int32Array {
  if (Memory === undefined || bufferOf === undefined) return new Numbers(new Shared!(4));
  // Without a prototype: job code could add properties to it that the constructor reads.
  const size = { __proto__: null, initial: 1, maximum: 1, shared: true };
  const memory = new Memory(size);
  return new Numbers(apply(bufferOf, memory, []) as ArrayBuffer);
}
