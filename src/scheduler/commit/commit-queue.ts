/**
 * Group commit: all commands that wait at a tick go to the store in one transaction. What the store cannot take at once
 * (it is locked, or its disk is full) waits here and is tried again, in its order, until it is refused for its age.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { STORE_WAIT_MS_MAX } from '../../protocol/limits.js';
import type { Log } from '../log/log.js';
import type { Roster } from '../policy/roster.js';
import { StoreHealth, type StoreReport } from './store-health.js';
import { orderKeys } from '../store/port/command-order.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type { Answer, Command, CommandName, Commands, Notes, Outcome, Store } from '../store/port/store.js';

export interface TickOptions {
  store: Store;
  /** Who is there, for decisions about what failed. */
  roster?: () => Roster;
  clock: Clock;
  /** Calls back soon, after what is ready now has been read (setImmediate in Node). */
  defer: (fn: () => void) => void;
  /** Hears what each commit means. */
  onNotes: (notes: Notes) => void;
  log: Log;
}

/** Commands of one transaction at most, so that none waits for long. */
const BATCH_MAX = 256;
/** And no fewer: each commit costs a write to the disk. */
const BATCH_MIN = 16;
/**
 * What the commands of one commit aim to take at most, milliseconds: sockets, pages and pings are served between two
 * commits. The wait for the disk at its end does not count: no commit is spared it, however few its commands.
 */
const COMMIT_MS = 10;
/** Between two tries of what the store could not take, milliseconds: doubled from the first to the last. */
const RETRY_MS_MIN = 25;
const RETRY_MS_MAX = 1_000;
/** After so long without a commit no worker could renew its leases: they get the time to, milliseconds. */
const OUTAGE_MS = 10_000;

interface Waiting {
  readonly command: Command;
  readonly answer: Deferred<unknown>;
  readonly sinceMs: number;
}

export class Tick {
  readonly #options: TickOptions;
  readonly #health: StoreHealth;
  #waiting: Waiting[] = [];
  /** What the store could not take when it was tried; before everything that waits and touches the same. */
  #stalled: Waiting[] = [];
  /** Why they stall. */
  #failure: ManyhandsError | undefined;
  #failures = 0;
  #retryAtMs = 0;
  /** How many commands a commit takes now. */
  #batchMax = BATCH_MAX;
  /** Whether the last commit took nothing at all. */
  #isDown = false;
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TickOptions) {
    this.#options = options;
    this.#health = new StoreHealth(options.clock, options.log);
  }

  /**
   * Resolves when the command is committed; rejects with the error that refused it, which is one of a store that takes
   * nothing (`STORE_BUSY`, `STORE_FULL`, `STORE_FAILED`) after `STORE_WAIT_MS_MAX`.
   */
  submit<K extends CommandName>(name: K, body: Commands[K][0]): Promise<Answer<K>> {
    if (this.#isClosed) return Promise.reject(goingDown());
    const answer = deferred<unknown>();
    const sinceMs = this.#options.clock.monotonicMs();
    this.#waiting.push({ command: { name, ...body } as unknown as Command, answer, sinceMs });
    this.#begin();
    return answer.promise as Promise<Answer<K>>;
  }

  /** What the store is known to be like. */
  health(): StoreReport {
    return this.#health.report();
  }

  /** Looks whether an idle store would take a commit, without making one. */
  async probe(): Promise<void> {
    if (this.#running !== undefined || this.#isClosed) return;
    try {
      await this.#options.store.probe();
    } catch (error) {
      this.#health.failed(error);
      // Goes on trying until a commit is taken again.
      this.#retryLater();
      this.#begin();
    }
  }

  /** Takes nothing more; resolves when all that was taken is committed, or refused where the store takes nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
  }

  #begin(): void {
    if (this.#running === undefined) this.#running = this.#run();
    else if (!this.#isDown) this.#wake();
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      await new Promise<void>((resolve) => this.#options.defer(resolve));
      this.#refuseLate();
      if (!this.#hasWork()) break;
      const batch = this.#take();
      if (batch === undefined) await this.#pause();
      else await this.#commit(batch);
    }
    this.#running = undefined;
  }

  /** A store that failed is asked until it takes a commit, even where nobody waits for one. */
  #hasWork(): boolean {
    const isFailing = this.#failures > 0 && !this.#isClosed;
    return this.#waiting.length > 0 || this.#stalled.length > 0 || isFailing;
  }

  /** What is to be committed now; undefined where all there is has to wait for the next try. */
  #take(): Waiting[] | undefined {
    const isDue = this.#isClosed || this.#options.clock.monotonicMs() >= this.#retryAtMs;
    if (isDue) {
      const batch = this.#stalled.splice(0, this.#batchMax);
      if (this.#stalled.length === 0) batch.push(...this.#waiting.splice(0, this.#batchMax - batch.length));
      return batch;
    }
    if (this.#isDown || this.#waiting.length === 0) return undefined;
    const batch = this.#waiting.splice(0, this.#batchMax);
    const keys = new Set(this.#stalled.flatMap(({ command }) => orderKeys(command)));
    const isBehind = ({ command }: Waiting): boolean => orderKeys(command).some((key) => keys.has(key));
    this.#stalled.push(...batch.filter(isBehind));
    return batch.filter((one) => !isBehind(one));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const { clock } = this.#options;
      const cancel = clock.after(Math.max(1, this.#retryAtMs - clock.monotonicMs()), resolve, {
        background: true,
      });
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  async #commit(batch: Waiting[]): Promise<void> {
    const commands = batch.map(({ command }) => command);
    const first = this.#recovery();
    const { store, roster } = this.#options;
    this.#health.asked();
    try {
      const { outcomes, notes, workMs } = await store.commit([...first, ...commands], roster?.());
      this.#health.answered();
      this.#sizeBatches(commands.length, workMs);
      const left = this.#answer(batch, outcomes.slice(first.length));
      const refused = outcomes.find((outcome) => !outcome.ok && isStoreFailure(outcome.error));
      if (refused === undefined || refused.ok) this.#took();
      else
        this.#stall(
          left,
          refused.error,
          outcomes.every((outcome) => !outcome.ok),
        );
      // Who got an answer acts on it first: a lease must be known before it is revoked by the same commit.
      await Promise.resolve();
      this.#options.onNotes(notes);
    } catch (error) {
      this.#health.answered();
      if (isStoreFailure(error)) return this.#stall(batch, error, true);
      this.#say(commands[0], error);
      const unexpected = new ManyhandsError(
        'INTERNAL',
        'the store did not take it: see the log',
        {},
        { cause: error },
      );
      for (const { answer } of batch) answer.reject(unexpected);
    }
  }

  /** By what the commands of the last commit took: half of a wrong size is corrected each time, since one commit may be an odd one. */
  #sizeBatches(commands: number, workMs: number): void {
    if (commands < BATCH_MIN && workMs < COMMIT_MS) return;
    const fitting = workMs <= 0 ? BATCH_MAX : (commands * COMMIT_MS) / workMs;
    const next = Math.round((this.#batchMax + Math.min(fitting, 2 * this.#batchMax)) / 2);
    this.#batchMax = Math.min(BATCH_MAX, Math.max(BATCH_MIN, next));
  }

  /** What a try after a failure begins with: no lease may be taken back for a deadline that nobody could put off. */
  #recovery(): Command[] {
    if (this.#failures === 0 || this.#options.clock.monotonicMs() < this.#retryAtMs) return [];
    return [{ name: 'recover', putOffDeadlines: this.#health.failingMs >= OUTAGE_MS }];
  }

  /** Settles what the store has answered; the rest it could not take. */
  #answer(batch: Waiting[], outcomes: readonly Outcome[]): Waiting[] {
    return batch.filter(({ command, answer }, i) => {
      const outcome = outcomes[i]!;
      if (outcome.ok) answer.resolve(outcome.value);
      else if (isStoreFailure(outcome.error)) return true;
      else {
        if (outcome.error.code === 'INTERNAL') this.#say(command, outcome.error.cause);
        answer.reject(outcome.error);
      }
      return false;
    });
  }

  #took(): void {
    this.#isDown = false;
    if (this.#stalled.length > 0) return;
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#health.worked();
  }

  #stall(left: Waiting[], error: ManyhandsError, isDown: boolean): void {
    this.#health.failed(error);
    this.#failure = error;
    this.#isDown = isDown;
    this.#stalled.unshift(...left);
    this.#retryLater();
  }

  #retryLater(): void {
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    this.#retryAtMs = this.#options.clock.monotonicMs() + pauseMs;
  }

  /** Refuses what has waited for too long, and all that came behind it and touches the same: none may pass another. */
  #refuseLate(): void {
    const failure = this.#isClosed && this.#failures > 0 ? goingDown() : this.#failure;
    if (this.#failures === 0 || failure === undefined) return;
    const before = this.#options.clock.monotonicMs() - STORE_WAIT_MS_MAX;
    const keys = new Set<string>();
    const isStaying = ({ command, answer, sinceMs }: Waiting): boolean => {
      const own = orderKeys(command);
      if (sinceMs > before && !this.#isClosed && !own.some((key) => keys.has(key))) return true;
      for (const key of own) keys.add(key);
      answer.reject(failure);
      return false;
    };
    this.#stalled = this.#stalled.filter(isStaying);
    this.#waiting = this.#waiting.filter(isStaying);
  }

  #say(command: Command | undefined, cause: unknown): void {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.#options.log('error', 'commit failed', { command: command?.name, cause: text });
  }
}

const goingDown = (): ManyhandsError => new ManyhandsError('SHUTTING_DOWN', 'the scheduler is going down');
