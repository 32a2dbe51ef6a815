/**
 * Formats the progress of a job in one line that fits the terminal.
 * @module
 */
import { truncate, fit } from '../console/terminal.js';

export interface Progress {
  done: number;
  total: number;
  /** Number of workers that compute; after the end, the maximum during the job. */
  workers: number;
  elapsedMs: number;
}

const BAR_WIDTH_MAX = 24;
const BAR_WIDTH_MIN = 8;
const TITLE_WIDTH = 23;
const SHORT_TITLE_WIDTH = 10;
/** As wide as "12345/s" and "12 min 34 s left": each field has a fixed width, so that the line does not move. */
const RATE_WIDTH = 7;
const TIME_WIDTH = 16;

/**
 * The line in at most `columns` columns: title, bar, finished slices, slices per second, workers, remaining time. If it
 * is too long, the bar is shortened, then the title, and then labels, workers and rate are left out.
 */
export function progressLine(title: string, progress: Progress, columns: number): string {
  const { done, total, workers, elapsedMs } = progress;
  const counts = `${String(done).padStart(String(total).length)}/${total}`;
  const perSecond = rate(done, elapsedMs).padStart(RATE_WIDTH);
  const workersText = `${workers} ${workers === 1 ? 'worker ' : 'workers'}`;
  const time = remaining(progress).padEnd(TIME_WIDTH);
  const short = title.replace(/ \(.*\)$/, '');
  const name = fit(short, SHORT_TITLE_WIDTH);
  const layouts: [title: string, ...fields: string[]][] = [
    [fit(title, TITLE_WIDTH), `${counts} slices`, perSecond, workersText, time],
    [name, `${counts} slices`, perSecond, workersText, time],
    [name, counts, perSecond, workersText, time],
    [name, counts, perSecond, time],
    [name, counts, time],
  ];
  for (const [shownTitle, ...fields] of layouts) {
    const room = columns - [shownTitle, '', ...fields].join('  ').length;
    if (room < BAR_WIDTH_MIN) continue;
    return [shownTitle, bar(done, total, Math.min(room, BAR_WIDTH_MAX)), ...fields].join('  ').trimEnd();
  }
  return truncate(`${short}  ${counts}`, columns);
}

function bar(done: number, total: number, width: number): string {
  const filled = total === 0 ? 0 : Math.floor((done / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

function rate(done: number, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0;
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
}

function remaining({ done, total, elapsedMs }: Progress): string {
  if (done >= total) return `in ${duration(elapsedMs)}`;
  return done === 0 ? 'starting' : `${duration(((total - done) / done) * elapsedMs)} left`;
}

/** `4.2 s` or `3 min 5 s`. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
