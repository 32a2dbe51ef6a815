/**
 * Prints what the work function of a job prints, for a program that has no listener to `console`. The text comes from other
 * machines: it is cleaned, and a flood is cut off.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { printable } from '../../lib/terminal-text.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';

/** Lines that are printed in a second, after a burst. */
const LINES_PER_SECOND = 100;
const LINES_BURST = 1_000;
/** Characters of a line. */
const LINE_LENGTH_MAX = 2_000;

export interface PrintedMessage {
  sliceNumber: number;
  attempt: number;
  level: ConsoleLevel;
  message: string;
  same?: number | undefined;
}

export class ConsolePrinter {
  readonly #jobId: string;
  readonly #clock: Clock;
  readonly #print: (level: ConsoleLevel, line: string) => void;
  readonly #bucket: TokenBucket;
  #dropped = 0;

  constructor(jobId: string, clock: Clock, print: (level: ConsoleLevel, line: string) => void) {
    this.#jobId = jobId;
    this.#clock = clock;
    this.#print = print;
    this.#bucket = new TokenBucket(LINES_PER_SECOND, LINES_BURST, clock.monotonicMs());
  }

  /** Prints each line of the message after its slice; an attempt after the first and a level other than `log` are named. */
  print({ sliceNumber, attempt, level, message, same }: PrintedMessage): void {
    const again = attempt > 1 ? `, attempt ${attempt}` : '';
    const named = level === 'log' ? '' : ` ${level}`;
    const repeated = same === undefined ? '' : ` (${same} more ${same === 1 ? 'time' : 'times'})`;
    for (const line of message.split(/\r\n|[\r\n]/)) {
      if (!this.#bucket.take(this.#clock.monotonicMs())) {
        this.#dropped++;
        continue;
      }
      this.reportDropped();
      const text = printable(line).slice(0, LINE_LENGTH_MAX);
      this.#print(level, `[slice ${sliceNumber}${again}]${named} ${text}${repeated}`);
    }
  }

  /** Prints how many lines were not printed, if any were not since it was last called. */
  reportDropped(): void {
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    const text = `manyhands: ${count} lines that slices of job ${this.#jobId} printed are left out; a listener to 'console' gets all that arrive.`;
    this.#print('warn', text);
  }
}
