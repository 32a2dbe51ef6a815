/**
 * Between slices the thread of a sandbox stands still: it blocks, so that nothing that a job left behind (timers,
 * promises, messages to itself) computes. Where the supervisor can ring, it blocks until then; elsewhere it wakes for
 * a turn many times a second, in which that code may get a word in, and sleeps the longer the longer that took.
 * @module
 */
import type { SandboxPlace } from './sandbox-entry.js';
import { getterOf } from './wrap-native.js';

/**
 * Blocks the thread for `ms` at most; not at all where a message is on its way, `heard` being how many have come. Says
 * `false` where this thread cannot be blocked.
 */
export type Sleep = (ms: number, heard: number) => boolean;

/** What of the place is needed to rest. */
export type RestingPlace = Pick<SandboxPlace, 'now' | 'nextTurn' | 'sleep'>;

/** The first sleep and the longest, milliseconds: half of it is how late a message is heard. */
const FIRST_MS = 4;
const LONGEST_MS = 50;
/** Each sleep is at least this many times as long as the turn before it. */
const SLEEP_PER_TURN = 19;
/** A sleep after a long turn, milliseconds at most. */
const PUNISHED_MS = 1_000;
/** Turns that take longer than this, milliseconds, end the sandbox when there are more than so many of them. */
const LONG_TURN_MS = 250;
const LONG_TURNS_MAX = 2;

/** One sandbox's rest: begun when it has nothing to do, over when there is. */
export class Rest {
  readonly #place: RestingPlace;
  #heard = 0;
  /** Counts rests and their ends: it is at rest while it is odd. */
  #count = 0;

  constructor(place: RestingPlace) {
    this.#place = place;
  }

  /** A message has come. */
  hear(): void {
    this.#heard = (this.#heard + 1) | 0;
  }

  /** There is something to do. */
  end(): void {
    if (this.#isOn) this.#count += 1;
  }

  /** Stands still until `end`; rejects where what was left behind takes turn after turn for itself. */
  async begin(): Promise<void> {
    const { sleep, now, nextTurn } = this.#place;
    if (this.#isOn || sleep === undefined) return;
    const mine = (this.#count += 1);
    let sleepMs = FIRST_MS;
    let longTurns = 0;
    for (;;) {
      const beganMs = now();
      await nextTurn();
      if (this.#count !== mine) return;
      const turnMs = now() - beganMs;
      if (turnMs > LONG_TURN_MS && ++longTurns > LONG_TURNS_MAX) {
        throw new Error('code that its slices left behind kept it busy');
      }
      const wishedMs = Math.min(PUNISHED_MS, Math.max(sleepMs, turnMs * SLEEP_PER_TURN));
      // Awake it stays, and the supervisor asks now and then whether it still answers.
      if (!sleep(wishedMs, this.#heard)) return;
      sleepMs = Math.min(LONGEST_MS, sleepMs * 1.25);
    }
  }

  get #isOn(): boolean {
    return this.#count % 2 === 1;
  }
}

const { apply } = Reflect;
const { load, wait } = Atomics;
/** As they are before a job's memory is put under quota: what is made here is ours. */
const { Memory } = WebAssembly;
const Numbers = Int32Array;
const bufferOf = getterOf(WebAssembly.Memory.prototype, 'buffer');

/** Sleeps until the bell, which counts the messages that were sent, has rung for one that was not heard. */
export function sleepByBell(bell: Int32Array): Sleep {
  return (_ms, heard) => {
    if (load(bell, 0) === heard) wait(bell, 0, heard);
    return true;
  };
}

/** Sleeps by the clock alone. */
export function sleepByClock(): Sleep {
  let still: Int32Array | undefined;
  return (ms) => {
    try {
      // The memory is made when it is first needed: it would cost each start a moment.
      still ??= sharedNumbers();
      wait(still, 0, 0, ms);
      return true;
    } catch {
      return false;
    }
  };
}

/** Shared memory of one number, also where `SharedArrayBuffer` is hidden. */
function sharedNumbers(): Int32Array {
  const memory = new Memory({ initial: 1, maximum: 1, shared: true });
  return new Numbers(apply(bufferOf, memory, []) as ArrayBuffer);
}
