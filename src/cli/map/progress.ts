/**
 * The progress of `manyhands map` on standard error: a live line on a terminal, nothing elsewhere.
 * @module
 */
import { createLogUpdate } from 'log-update';
import { terminalWidth, truncate } from '../console/terminal.js';
import { duration } from '../demo/progress-line.js';

const INTERVAL_MS = 100;

export interface MapCounts {
  done: number;
  failed: number;
  workers: number;
  /** Slices of the whole input; undefined while it is being read. */
  total: number | undefined;
}

/** One line for these counts: finished slices, rate, workers and time. */
export function mapProgressLine(counts: MapCounts, elapsedMs: number, columns: number): string {
  const { done, failed, workers, total } = counts;
  const of = total === undefined ? '' : ` of ${total.toLocaleString('en')}`;
  const perSecond = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1_000) : 0;
  const fields = [
    `${done.toLocaleString('en')}${of} done`,
    ...(failed > 0 ? [`${failed.toLocaleString('en')} failed`] : []),
    `${perSecond.toLocaleString('en')}/s`,
    `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    duration(elapsedMs),
  ];
  return truncate(fields.join('  '), columns);
}

export class MapProgress {
  readonly #update = createLogUpdate(process.stderr);
  readonly #counts: MapCounts;
  readonly #isLive: boolean;
  readonly #startMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(counts: MapCounts, isWanted: boolean) {
    this.#counts = counts;
    this.#isLive = isWanted && process.stderr.isTTY;
    if (this.#isLive) this.#timer = setInterval(() => this.#draw(), INTERVAL_MS);
  }

  /** Prints a line above the progress. */
  print(text: string): void {
    if (this.#isLive) this.#update.clear();
    process.stderr.write(`${text}\n`);
  }

  /** Draws the last line, which stays. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
    this.#update.done();
  }

  #draw(): void {
    const elapsedMs = performance.now() - this.#startMs;
    this.#update(mapProgressLine(this.#counts, elapsedMs, terminalWidth() - 1));
  }
}
