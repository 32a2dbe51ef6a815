/**
 * Group commit: all commands that wait at a tick go to the store in one transaction.
 * @module
 */
import { deferred, type Deferred } from '../lib/deferred.js';
import { ManyhandsError } from '../lib/errors.js';
import type { Log } from './log.js';
import type { Answer, Command, CommandName, Commands, Notes, Store } from './store/store.js';

export interface TickOptions {
  store: Store;
  /** Calls back soon, after what is ready now has been read (setImmediate in Node). */
  defer: (fn: () => void) => void;
  /** Hears what each commit means. */
  onNotes: (notes: Notes) => void;
  log: Log;
}

/** Commands of one transaction at most, so that none waits for long. */
const BATCH_MAX = 256;

interface Waiting {
  command: Command;
  answer: Deferred<unknown>;
}

export class Tick {
  readonly #options: TickOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TickOptions) {
    this.#options = options;
  }

  /** Resolves when the command is committed; rejects with the error that refused it. */
  submit<K extends CommandName>(name: K, body: Commands[K][0]): Promise<Answer<K>> {
    if (this.#isClosed)
      return Promise.reject(new ManyhandsError('SHUTTING_DOWN', 'the scheduler is going down'));
    const answer = deferred<unknown>();
    this.#waiting.push({ command: { name, ...body } as unknown as Command, answer });
    this.#running ??= this.#run();
    return answer.promise as Promise<Answer<K>>;
  }

  /** Takes nothing more; resolves when all that was taken is committed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => this.#options.defer(resolve));
      await this.#commit(this.#waiting.splice(0, BATCH_MAX));
    }
    this.#running = undefined;
  }

  async #commit(batch: Waiting[]): Promise<void> {
    try {
      const { outcomes, notes } = await this.#options.store.commit(batch.map(({ command }) => command));
      batch.forEach(({ command, answer }, i) => {
        const outcome = outcomes[i]!;
        if (outcome.ok) return answer.resolve(outcome.value);
        if (outcome.error.code === 'INTERNAL') this.#say(command, outcome.error.cause);
        answer.reject(outcome.error);
      });
      // Who got an answer acts on it first: a lease must be known before it is revoked by the same commit.
      await Promise.resolve();
      this.#options.onNotes(notes);
    } catch (cause) {
      this.#say(batch[0]!.command, cause);
      const error = new ManyhandsError('INTERNAL', 'the store did not take it: see the log', {}, { cause });
      for (const { answer } of batch) answer.reject(error);
    }
  }

  #say(command: Command, cause: unknown): void {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.#options.log('error', 'commit failed', { command: command.name, cause: text });
  }
}
