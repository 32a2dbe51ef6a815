/**
 * Renders the dashboard of a worker as text for a terminal of any size: totals, the state of each sandbox, and the end
 * of the log. It is a pure function of its data, so that it can be tested without a terminal.
 * @module
 */
import type { SandboxStatus, WorkerStatus } from '../../entry/worker.node.js';
import { printable } from '../../entry/texts.node.js';
import { truncate, fit } from '../console/terminal.js';
import { formatBytes, counted, creditsText, formatDuration } from './event-text.js';

export interface DashboardData {
  url: string;
  isConnected: boolean;
  /** The reasons for a pause; empty while it is not paused. */
  paused: readonly string[];
  elapsedMs: number;
  status: WorkerStatus;
  bytesPerDay: number | undefined;
  /** Whether a payment address is set. */
  isPaid: boolean;
  /** Slices per second, oldest first. */
  rates: readonly number[];
  /** Messages that stay visible. */
  notices?: readonly string[];
  /** Lines of the log, oldest first. */
  log: readonly string[];
}

/** Functions that style text; unstyled if the terminal has no colours. */
export interface Style {
  bold: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  bad: (text: string) => string;
}

export const PLAIN: Style = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
};

const BARS = ' ▁▂▃▄▅▆▇█';
const COLUMNS_MAX = 300;
/** Columns for the rate before its chart. */
const LABEL_WIDTH = 18;
/** Rows besides totals, sandboxes and log, including the row of the cursor. */
const FRAME_ROWS = 5;
const LOG_ROWS_MIN = 2;
/** Columns below which the URL is left out. */
const SHORTEST_URL = 12;
/** Maximum rows of one notice. */
const NOTICE_ROWS_MAX = 4;

/** Renders the dashboard in at most that many columns and rows. */
export function drawDashboard(data: DashboardData, columns: number, rows: number, style: Style): string {
  const width = Math.max(20, Math.min(columns, COLUMNS_MAX));
  const { sandboxes } = data.status;
  const totals = totalLines(data, width);
  const notices = (data.notices ?? []).flatMap((text) => wrap(printable(text), width, NOTICE_ROWS_MAX));
  const room = Math.max(1, rows - FRAME_ROWS - notices.length - totals.length - LOG_ROWS_MIN);
  const shown = sandboxes.length <= room ? sandboxes : sandboxes.slice(0, room - 1);
  const more = sandboxes.length - shown.length;
  const lines = [
    head(data, width, style),
    ...notices.map((line) => style.bad(line)),
    ...totals,
    style.dim(chart(data.rates, width)),
    style.dim('─'.repeat(width)),
    ...shown.map((sandbox) => row(sandbox, width, style)),
    ...(more > 0 ? [style.dim(truncate(`    and ${more} more`, width))] : []),
    style.dim('─'.repeat(width)),
  ];
  const logRows = Math.max(LOG_ROWS_MIN, rows - lines.length - 1);
  const all = [...lines, ...data.log.slice(-logRows).map((line) => truncate(line, width))];
  // If there are too few rows, the end is left out, because the top is more important.
  return all.slice(0, Math.max(1, rows - 1)).join('\n');
}

function head({ url, isConnected, paused, elapsedMs }: DashboardData, width: number, style: Style): string {
  const state = !isConnected ? 'connecting' : paused.length > 0 ? `paused: ${paused.join(', ')}` : 'running';
  const left = truncate(`manyhands  ${printable(state)}`, width);
  const time = formatDuration(elapsedMs);
  // If there are too few columns, the URL is truncated first.
  const room = width - left.length - time.length - 4;
  const right = truncate(
    room < SHORTEST_URL ? time : `${truncate(url, room)}  ${time}`,
    width - left.length - 2,
  );
  const gap = ' '.repeat(Math.max(0, width - left.length - right.length));
  const words = left.slice('manyhands  '.length);
  const shown = isConnected && paused.length === 0 ? style.good(words) : style.bad(words);
  return `${style.bold('manyhands')}  ${shown}${gap}${style.dim(right)}`;
}

/** The totals on one line, or on several if they do not fit. */
function totalLines({ status, bytesPerDay, isPaid }: DashboardData, width: number): string[] {
  const limit = bytesPerDay === undefined ? '' : ` of ${formatBytes(bytesPerDay)}`;
  const parts = [
    counted(status.slices - status.failed, 'slice'),
    ...(status.failed > 0 ? [`${status.failed.toLocaleString('en')} failed`] : []),
    `${formatDuration(status.computeMs)} computing`,
    creditsText(status.earned, isPaid),
    `${formatBytes(status.bytesToday)}${limit} today`,
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = `${last}   ${part}`;
    if (last !== undefined && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(truncate(part, width));
  }
  return lines;
}

function chart(rates: readonly number[], width: number): string {
  const now = rates.at(-1) ?? 0;
  const label = `${now < 10 ? now.toFixed(1) : Math.round(now).toLocaleString('en')} slices/s`;
  const shown = rates.slice(-Math.max(0, width - LABEL_WIDTH));
  const highest = Math.max(...shown, 0);
  const bar = (rate: number): string =>
    BARS[rate > 0 ? Math.max(1, Math.round((rate / highest) * (BARS.length - 1))) : 0]!;
  return truncate(`${label.padEnd(LABEL_WIDTH)}${shown.map(bar).join('').trimStart()}`, width).trimEnd();
}

function row(sandbox: SandboxStatus, width: number, style: Style): string {
  const number = `${sandbox.sandbox + 1}`.padStart(3);
  const { state, jobId, sliceNumber, progress } = sandbox;
  if (state === 'none' || state === 'ended' || jobId === undefined) return style.dim(`${number} idle`);
  const name = printable(sandbox.public?.name ?? '').trim() || jobId;
  if (state === 'opening') return named(number, name, 'starting', width);
  if (state === 'idle') return style.dim(named(number, name, 'waiting for slices', width));
  const slice = sliceNumber === undefined ? '' : `#${sliceNumber}`;
  const bar = progress === undefined ? '' : progressBar(progress, width >= 80 ? 20 : 8);
  const tail = [slice.padStart(Math.min(9, Math.max(slice.length, 6))), bar]
    .filter((part) => part !== '')
    .join('  ');
  const room = width - number.length - 1 - tail.length - 1;
  return truncate(`${number} ${fit(name, Math.max(4, room))} ${tail}`, width);
}

/** The name is truncated before the state. */
function named(number: string, name: string, state: string, width: number): string {
  const room = width - number.length - state.length - 3;
  return truncate(`${number} ${truncate(name, Math.max(4, room))}: ${state}`, width);
}

/** Wraps text into lines of at most `width` columns; the last of `rows` lines is truncated. */
function wrap(text: string, width: number, rows: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && (`${last} ${word}`.length <= width || lines.length === rows))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => truncate(line, width));
}

function progressBar(progress: number, length: number): string {
  const part = Math.min(1, Math.max(0, progress));
  const full = Math.round(part * length);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  return `${'█'.repeat(full)}${'░'.repeat(length - full)} ${percent}`;
}
