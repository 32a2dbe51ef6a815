/**
 * Between slices the thread of a sandbox stands still: it blocks, so that nothing that a job left behind (timers,
 * promises, messages to itself) computes. Where the supervisor can ring, it blocks until then; elsewhere it wakes for
 * a turn many times a second, in which that code may get a word in, and sleeps the longer the longer that took.
 * @module
 */
import type { SandboxPlace, Sleep } from './sandbox-host.js';
import { getterOf } from '../realm/captured.js';

/** What of the place is needed to rest. */
export type RestingPlace = Pick<SandboxPlace, 'now' | 'nextTurn' | 'sleep'>;

export interface RestEvents {
  /** It rests: called once for each question, with what was asked. */
  rests(nonce: string): void;
  /** It cannot, for what was left behind. */
  fail(error: unknown): void;
}

/** A question that has no answer yet, and the one after it. */
interface Question {
  readonly nonce: string;
  next: Question | undefined;
}

const { min, max, sqrt } = Math;
const Failure = Error;

/** The first sleep and the longest, milliseconds: half of one is how late a message is heard. */
const FIRST_MS = 4;
const LONGEST_MS = 50;
/**
 * Between them a sleep is this many times the square root of the rest so far: most rests are short, and then every
 * millisecond counts; a long one has few turns. The longest comes after ten seconds and some four hundred turns.
 */
const SLEEP_PER_ROOT = 0.5;
/** Each sleep is at least this many times as long as the turn before it. */
const SLEEP_PER_TURN = 19;
/** A sleep after a long turn, milliseconds at most. */
const PUNISHED_MS = 1_000;
/** Turns that take longer than this, milliseconds, end the sandbox when there are more than so many of them. */
const LONG_TURN_MS = 250;
const LONG_TURNS_MAX = 2;

/**
 * One sandbox's rest: begun when it has nothing to do, over when there is. It shares its realm with job code, which may
 * have changed every global since: no promise, `await` or method of an array is on its way.
 */
export class Rest {
  readonly #place: RestingPlace;
  readonly #events: RestEvents;
  #heard = 0;
  /** Counts rests and their ends: it is at rest while it is odd. */
  #count = 0;
  /** Asked, and not answered yet, in their order; a list of ours, since job code may change what arrays do. */
  #firstQuestion: Question | undefined;
  #lastQuestion: Question | undefined;
  #beganMs = 0;
  #longTurns = 0;

  constructor(place: RestingPlace, events: RestEvents) {
    this.#place = place;
    this.#events = events;
  }

  /** A message has come. */
  hear(): void {
    this.#heard = (this.#heard + 1) | 0;
  }

  /** Whether it rests: the answer is due just before the next sleep, and `begin` is to be called once nothing runs. */
  ask(nonce: string): void {
    const question: Question = { nonce, next: undefined };
    if (this.#lastQuestion === undefined) this.#firstQuestion = question;
    else this.#lastQuestion.next = question;
    this.#lastQuestion = question;
  }

  /** Whether an answer is due. */
  get isAsked(): boolean {
    return this.#firstQuestion !== undefined;
  }

  /** There is something to do: who asked before has the answer that no longer counts. */
  end(): void {
    if (this.#isOn) this.#count += 1;
    this.#answer();
  }

  /** Stands still until `end`, from the next turn on; fails where what was left behind takes turn after turn. */
  begin(): void {
    if (this.#isOn) return;
    this.#count += 1;
    this.#beganMs = this.#place.now();
    this.#longTurns = 0;
    this.#takeTurn(this.#count);
  }

  #takeTurn(mine: number): void {
    const { now, nextTurn } = this.#place;
    const beganMs = now();
    nextTurn(() => {
      if (this.#count === mine) this.#sleep(mine, now() - beganMs);
    });
  }

  #sleep(mine: number, turnMs: number): void {
    const { now, sleep } = this.#place;
    if (turnMs > LONG_TURN_MS && ++this.#longTurns > LONG_TURNS_MAX) {
      return this.#events.fail(new Failure('code that its slices left behind kept it busy'));
    }
    // Only who comes here is about to stand still: said any earlier, job code could keep it from that.
    this.#answer();
    const byRest = min(LONGEST_MS, max(FIRST_MS, SLEEP_PER_ROOT * sqrt(now() - this.#beganMs)));
    const wishedMs = min(PUNISHED_MS, max(byRest, turnMs * SLEEP_PER_TURN));
    if (sleep === undefined || !sleep(wishedMs, this.#heard)) {
      // Awake it stays, and the supervisor asks now and then whether it still answers.
      this.#count += 1;
      return;
    }
    this.#takeTurn(mine);
  }

  #answer(): void {
    for (let one = this.#firstQuestion; one !== undefined; one = one.next) this.#events.rests(one.nonce);
    this.#firstQuestion = this.#lastQuestion = undefined;
  }

  get #isOn(): boolean {
    return this.#count % 2 === 1;
  }
}

const { apply } = Reflect;
const { load, wait } = Atomics;
/** As they are before job code could change them. Some browsers have none. */
const Memory = typeof WebAssembly === 'undefined' ? undefined : WebAssembly.Memory;
const Numbers = Int32Array;
const bufferOf = Memory === undefined ? undefined : getterOf(Memory.prototype, 'buffer');
/** Hidden where a page is not isolated from others by its headers. */
const Shared = typeof SharedArrayBuffer === 'undefined' ? undefined : SharedArrayBuffer;

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

/** Shared memory of one number, also where `SharedArrayBuffer` is hidden. Throws where there is no way to have it. */
function sharedNumbers(): Int32Array {
  if (Memory === undefined || bufferOf === undefined) return new Numbers(new Shared!(4));
  // Without a prototype, or job code could add what the constructor looks for.
  const size = { __proto__: null, initial: 1, maximum: 1, shared: true };
  const memory = new Memory(size);
  return new Numbers(apply(bufferOf, memory, []) as ArrayBuffer);
}
