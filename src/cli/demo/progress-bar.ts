/**
 * One live line for a job: slices done, slices a second, workers, time left. Where there is no terminal, a line now and
 * then.
 * @module
 */
import { createLogUpdate } from 'log-update';
import type { Job } from '../../entry/deployer.node.js';

const BAR_WIDTH = 24;
const INTERVAL_MS = 100;
/** Without a terminal, a line for every so much of the job. */
const PLAIN_STEP = 0.25;

export interface Progress {
  done: number;
  total: number;
  workers: number;
  elapsedMs: number;
}

/** The line's text. */
export function progressLine(title: string, { done, total, workers, elapsedMs }: Progress): string {
  const part = total === 0 ? 0 : done / total;
  const filled = Math.round(part * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0;
  const left = done === 0 ? '–' : duration(((total - done) / done) * elapsedMs);
  const counts = `${String(done).padStart(String(total).length)}/${total} slices`;
  const end = done === total ? `in ${duration(elapsedMs)}` : `${left} left`;
  return `${title}  ${bar}  ${counts}  ${rate.toFixed(rate < 10 ? 1 : 0)}/s  ${workers} at work  ${end}`;
}

function duration(ms: number): string {
  const seconds = ms / 1_000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Shows how `job` goes on until what is called that comes back; then the line stays. */
export function showProgress<T>(title: string, job: Job<T>, total: number): () => void {
  const started = performance.now();
  const progress: Progress = { done: 0, total, workers: 0, elapsedMs: 0 };
  const isLive = process.stdout.isTTY;
  const update = createLogUpdate(process.stdout);
  let plainNext = PLAIN_STEP;
  const line = (): string => progressLine(title, { ...progress, elapsedMs: performance.now() - started });
  job.on('result', () => void (progress.done += 1));
  job.on('status', (status) => {
    progress.workers = Math.max(status.workers, progress.done < total ? progress.workers : 0);
    if (isLive || progress.done / total < plainNext) return;
    plainNext += PLAIN_STEP;
    if (progress.done < total) console.log(line());
  });
  const timer = isLive ? setInterval(() => update(line()), INTERVAL_MS) : undefined;
  return () => {
    clearInterval(timer);
    if (!isLive) return console.log(line());
    update(line());
    update.done();
  };
}
