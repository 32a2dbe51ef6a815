/**
 * The demo's output while jobs run: one live line at the bottom, and what is said meanwhile above it. Where there is no
 * terminal, a line for every quarter of a job.
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

  /** Says something to the user, above the live line where there is one: it is drawn again at its next tick. */
  say(text: string): void {
    this.#update.clear();
    console.error(text);
  }

  /** Shows how `job` goes on until what is called that comes back; then the line stays. */
  show<T>(title: string, job: Job<T>, total: number): () => void {
    // Waiting for tabs that may come is no part of the work.
    let began: number | undefined;
    const progress: Progress = { done: 0, total, workers: 0, elapsedMs: 0 };
    let most = 0;
    let plainNext = PLAIN_STEP;
    const line = (): string => {
      const workers = progress.done < total ? progress.workers : most;
      const now: Progress = {
        ...progress,
        workers,
        elapsedMs: began === undefined ? 0 : performance.now() - began,
      };
      return progressLine(title, now, this.#isLive ? terminalWidth() - 1 : PLAIN_WIDTH);
    };
    job.on('result', () => void (progress.done += 1));
    job.on('status', ({ workers }) => {
      progress.workers = workers;
      if (workers > 0) began ??= performance.now();
      most = Math.max(most, workers);
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
