/**
 * Group commit: all commands that are waiting go to the store in one transaction. Commands that the store cannot accept now
 * (it is locked, or its disk is full) stay in the queue and are retried in order, until they are rejected for their age.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { STORE_WAIT_MS_MAX } from '../../protocol/limits.js';
import type { Log } from '../log/log.js';
import type { Roster } from '../policy/roster.js';
import { StoreHealth, type StoreReport } from './store-health.js';
import { WaitingCommands, type Waiting } from './waiting-commands.js';
import { orderKeys } from '../store/port/command-order.js';
import { isStoreFailure } from '../store/port/store-failure.js';
import type {
  CommandResult,
  Command,
  CommandName,
  Commands,
  CommitEvents,
  Outcome,
  Store,
} from '../store/port/store.js';

export interface CommitQueueOptions {
  store: Store;
  /** The connected workers, for decisions about failed slices. */
  roster?: () => Roster;
  clock: Clock;
  /** Schedules a callback after pending I/O events (setImmediate in Node). */
  defer: (fn: () => void) => void;
  /** Called with the events of each commit. */
  onCommitted: (events: CommitEvents) => void;
  log: Log;
}

/** Largest number of commands in one transaction, so that none waits for long. */
const BATCH_MAX = 256;
/** Smallest limit on it, because each commit costs a synchronous write to the disk. */
const BATCH_MIN = 16;
/**
 * Target for the duration of the commands of one commit, milliseconds: sockets, pages and pings are served between two
 * commits. The disk write at its end does not count, because smaller commits would not avoid it.
 */
const COMMIT_MS = 10;
/** Back-off between two attempts to commit after a failure, milliseconds: doubled from the first to the last. */
const RETRY_MS_MIN = 25;
const RETRY_MS_MAX = 1_000;
/** After so long without a commit, milliseconds, deadlines of leases are extended, because no worker could renew them. */
const OUTAGE_MS = 10_000;

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #health: StoreHealth;
  readonly #waiting = new WaitingCommands();
  /** Commands that the store could not accept; they precede all waiting commands with a common order key. */
  #stalled: Waiting[] = [];
  /** Why they are stalled. */
  #failure: ManyhandsError | undefined;
  #failures = 0;
  #retryAtMs = 0;
  /** Current limit on the commands of one commit. */
  #batchMax = BATCH_MAX;
  /** Whether the last commit accepted no command at all. */
  #isDown = false;
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#health = new StoreHealth(options.clock, options.log);
  }

  /**
   * Resolves with the command's result when it is committed.
   * @throws the command's own error; STORE_BUSY, STORE_FULL or STORE_FAILED after `STORE_WAIT_MS_MAX`; SHUTTING_DOWN
   */
  submit<K extends CommandName>(name: K, body: Commands[K][0]): Promise<CommandResult<K>> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    const answer = deferred<unknown>();
    const sinceMs = this.#options.clock.monotonicMs();
    this.#waiting.add({ name, ...body } as unknown as Command, answer, sinceMs);
    this.#start();
    return answer.promise as Promise<CommandResult<K>>;
  }

  /** The state of the store. */
  health(): StoreReport {
    return this.#health.report();
  }

  /** Checks whether an idle store would accept a commit, without making one. */
  async probe(): Promise<void> {
    if (this.#running !== undefined || this.#isClosed) return;
    try {
      await this.#options.store.probe();
    } catch (error) {
      this.#health.failed(error);
      // The queue keeps trying until a commit succeeds.
      this.#retryLater();
      this.#start();
    }
  }

  /** Rejects new commands; resolves when all queued ones are committed, or rejected because the store accepts none. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
  }

  #start(): void {
    if (this.#running === undefined) this.#running = this.#run();
    else if (!this.#isDown) this.#wake();
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      await new Promise<void>((resolve) => this.#options.defer(resolve));
      this.#rejectLate();
      if (!this.#hasWork()) break;
      const batch = this.#nextBatch();
      if (batch === undefined) await this.#pause();
      else await this.#commit(batch);
    }
    this.#running = undefined;
  }

  /** A store that failed is tried until a commit succeeds, even when no command waits. */
  #hasWork(): boolean {
    const isFailing = this.#failures > 0 && !this.#isClosed;
    return this.#waiting.size > 0 || this.#stalled.length > 0 || isFailing;
  }

  /** The next batch; undefined when all commands have to wait for the next attempt. */
  #nextBatch(): Waiting[] | undefined {
    const isDue = this.#isClosed || this.#options.clock.monotonicMs() >= this.#retryAtMs;
    if (isDue) {
      const batch = this.#stalled.splice(0, this.#batchMax);
      if (this.#stalled.length === 0) batch.push(...this.#waiting.take(this.#batchMax - batch.length));
      return batch;
    }
    if (this.#isDown || this.#waiting.size === 0) return undefined;
    const batch = this.#waiting.take(this.#batchMax);
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
    this.#health.commitStarted();
    try {
      const { outcomes, events, workMs } = await store.commit([...first, ...commands], roster?.());
      this.#health.commitEnded();
      this.#sizeBatches(commands.length, workMs);
      const left = this.#deliver(batch, outcomes.slice(first.length));
      const refused = outcomes.find((outcome) => !outcome.ok && isStoreFailure(outcome.error));
      if (refused === undefined || refused.ok) this.#succeeded();
      else
        this.#stall(
          left,
          refused.error,
          outcomes.every((outcome) => !outcome.ok),
        );
      // Callers handle their results first: a lease must be registered before the same commit can revoke it.
      await Promise.resolve();
      this.#options.onCommitted(events);
    } catch (error) {
      this.#health.commitEnded();
      if (isStoreFailure(error)) return this.#stall(batch, error, true);
      this.#logError(commands[0], error);
      const unexpected = new ManyhandsError(
        'INTERNAL',
        'the store could not commit it: see the log',
        {},
        { cause: error },
      );
      for (const { answer } of batch) answer.reject(unexpected);
      // It is tried until a commit succeeds, so not without a pause.
      if (this.#failures > 0) this.#retryLater();
    }
  }

  /** Adapts the batch limit to the duration of the last commit; each time by half, since a single commit may be unusual. */
  #sizeBatches(commands: number, workMs: number): void {
    if (commands < BATCH_MIN && workMs < COMMIT_MS) return;
    const fitting = workMs <= 0 ? BATCH_MAX : (commands * COMMIT_MS) / workMs;
    const next = Math.round((this.#batchMax + Math.min(fitting, 2 * this.#batchMax)) / 2);
    this.#batchMax = Math.min(BATCH_MAX, Math.max(BATCH_MIN, next));
  }

  /** The first command of an attempt after a failure: no lease may expire whose deadline could not be extended. */
  #recovery(): Command[] {
    if (this.#failures === 0 || this.#options.clock.monotonicMs() < this.#retryAtMs) return [];
    return [{ name: 'resumeAfterOutage', extendDeadlines: this.#health.failingMs >= OUTAGE_MS }];
  }

  /** Resolves or rejects the commands that the store has processed; returns those that it could not accept. */
  #deliver(batch: Waiting[], outcomes: readonly Outcome[]): Waiting[] {
    return batch.filter(({ command, answer }, i) => {
      const outcome = outcomes[i]!;
      if (outcome.ok) answer.resolve(outcome.value);
      else if (isStoreFailure(outcome.error)) return true;
      else {
        if (outcome.error.code === 'INTERNAL') this.#logError(command, outcome.error.cause);
        answer.reject(outcome.error);
      }
      return false;
    });
  }

  #succeeded(): void {
    this.#isDown = false;
    if (this.#stalled.length > 0) return;
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#health.succeeded();
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

  /** Rejects commands that have waited too long, and later ones with a common order key: none may overtake another. */
  #rejectLate(): void {
    const failure = this.#isClosed && this.#failures > 0 ? shuttingDown() : this.#failure;
    if (this.#failures === 0 || failure === undefined) return;
    const before = this.#options.clock.monotonicMs() - STORE_WAIT_MS_MAX;
    const keys = new Set<string>();
    const isKept = ({ command, answer, sinceMs }: Waiting): boolean => {
      const own = orderKeys(command);
      if (sinceMs > before && !this.#isClosed && !own.some((key) => keys.has(key))) return true;
      for (const key of own) keys.add(key);
      answer.reject(failure);
      return false;
    };
    this.#stalled = this.#stalled.filter(isKept);
    this.#waiting.filter(isKept);
  }

  #logError(command: Command | undefined, cause: unknown): void {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.#options.log('error', 'commit failed', { command: command?.name, cause: text });
  }
}

const shuttingDown = (): ManyhandsError =>
  new ManyhandsError('SHUTTING_DOWN', 'the scheduler is shutting down');
