/**
 * The demo's output while jobs run: a live progress line, with messages above it. Without a terminal, one line for each
 * quarter of a job.
 * @module
 */
import { createLogUpdate } from 'log-update';
import type { Job } from '../../entry/deployer.node.js';
import { terminalWidth } from '../console/terminal.js';
import { progressLine, type Progress } from './progress-line.js';

const INTERVAL_MS = 100;
const PLAIN_STEP = 0.25;
const PLAIN_WIDTH = 120;

export class ProgressDisplay {
  readonly #update = createLogUpdate(process.stdout);
  readonly #isLive = process.stdout.isTTY;

  /** Prints a message above the live line, which is drawn again at its next update. */
  print(text: string): void {
    this.#update.clear();
    console.error(text);
  }

  /** Shows the progress of `job` until the returned function is called; the last line stays. */
  show<T>(title: string, job: Job<T>, total: number): () => void {
    // The time before the first worker is not counted.
    let startMs: number | undefined;
    const progress: Progress = { done: 0, total, workers: 0, elapsedMs: 0 };
    let workersMax = 0;
    let plainNext = PLAIN_STEP;
    const line = (): string => {
      const workers = progress.done < total ? progress.workers : workersMax;
      const now: Progress = {
        ...progress,
        workers,
        elapsedMs: startMs === undefined ? 0 : performance.now() - startMs,
      };
      return progressLine(title, now, this.#isLive ? terminalWidth() - 1 : PLAIN_WIDTH);
    };
    job.on('result', () => void (progress.done += 1));
    job.on('status', ({ workers }) => {
      progress.workers = workers;
      if (workers > 0) startMs ??= performance.now();
      workersMax = Math.max(workersMax, workers);
      if (this.#isLive || progress.done >= total || progress.done / total < plainNext) return;
      while (plainNext <= progress.done / total) plainNext += PLAIN_STEP;
      console.log(line());
    });
    if (!this.#isLive) return () => console.log(line());
    const draw = (): void => this.#update(line());
    draw();
    const timer = setInterval(draw, INTERVAL_MS);
    return () => {
      clearInterval(timer);
      draw();
      this.#update.done();
    };
  }
}
