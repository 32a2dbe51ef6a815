/**
 * The live picture of a worker for a terminal of any size, as text: what it did, what each sandbox is at, and the last
 * words of its log. It is drawn from numbers alone, so that it can be looked at without a terminal.
 * @module
 */
import type { SandboxStatus, WorkerStatus } from '../../entry/worker.node.js';
import { printable } from '../../entry/texts.node.js';
import { cut, fit } from '../console/terminal.js';
import { bytesText, counted, creditsText, durationText } from './words.js';

export interface Picture {
  url: string;
  isConnected: boolean;
  /** Why it rests; empty while it works. */
  paused: readonly string[];
  elapsedMs: number;
  status: WorkerStatus;
  bytesPerDay: number | undefined;
  /** Whether an account is paid for the work. */
  isPaid: boolean;
  /** Slices a second, the oldest first. */
  rates: readonly number[];
  /** What must be seen as long as it runs. */
  notices?: readonly string[];
  /** What was said, the oldest first. */
  log: readonly string[];
}

/** How words may be marked; plain text where the terminal shows no colours. */
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
/** Room for the rate before its chart. */
const LABEL_WIDTH = 18;
/** Rows that are not sums, sandboxes or log, and the one where the cursor stands. */
const FRAME_ROWS = 5;
const LOG_ROWS_MIN = 2;
/** Columns below which an address says nothing. */
const SHORTEST_URL = 12;
/** Rows of one notice at most. */
const NOTICE_ROWS_MAX = 4;

/** The picture in at most so many columns and rows. */
export function drawDashboard(picture: Picture, columns: number, rows: number, style: Style): string {
  const width = Math.max(20, Math.min(columns, COLUMNS_MAX));
  const { sandboxes } = picture.status;
  const totals = sums(picture, width);
  const notices = (picture.notices ?? []).flatMap((text) => wrap(printable(text), width, NOTICE_ROWS_MAX));
  const room = Math.max(1, rows - FRAME_ROWS - notices.length - totals.length - LOG_ROWS_MIN);
  const shown = sandboxes.length <= room ? sandboxes : sandboxes.slice(0, room - 1);
  const more = sandboxes.length - shown.length;
  const lines = [
    head(picture, width, style),
    ...notices.map((line) => style.bad(line)),
    ...totals,
    style.dim(chart(picture.rates, width)),
    style.dim('─'.repeat(width)),
    ...shown.map((sandbox) => row(sandbox, width, style)),
    ...(more > 0 ? [style.dim(cut(`    and ${more} more`, width))] : []),
    style.dim('─'.repeat(width)),
  ];
  const logRows = Math.max(LOG_ROWS_MIN, rows - lines.length - 1);
  const all = [...lines, ...picture.log.slice(-logRows).map((line) => cut(line, width))];
  // On a terminal of few rows the end gives way: what is above says the most.
  return all.slice(0, Math.max(1, rows - 1)).join('\n');
}

function head({ url, isConnected, paused, elapsedMs }: Picture, width: number, style: Style): string {
  const state = !isConnected ? 'connecting' : paused.length > 0 ? `paused: ${paused.join(', ')}` : 'lending';
  const left = cut(`manyhands  ${printable(state)}`, width);
  const time = durationText(elapsedMs);
  // On few columns the address gives way.
  const room = width - left.length - time.length - 4;
  const right = cut(room < SHORTEST_URL ? time : `${cut(url, room)}  ${time}`, width - left.length - 2);
  const gap = ' '.repeat(Math.max(0, width - left.length - right.length));
  const words = left.slice('manyhands  '.length);
  const shown = isConnected && paused.length === 0 ? style.good(words) : style.bad(words);
  return `${style.bold('manyhands')}  ${shown}${gap}${style.dim(right)}`;
}

/** The sums on one line, or on as many as they need. */
function sums({ status, bytesPerDay, isPaid }: Picture, width: number): string[] {
  const cap = bytesPerDay === undefined ? '' : ` of ${bytesText(bytesPerDay)}`;
  const parts = [
    counted(status.slices - status.failed, 'slice'),
    ...(status.failed > 0 ? [`${status.failed.toLocaleString('en')} failed`] : []),
    `${durationText(status.computeMs)} computing`,
    creditsText(status.earned, isPaid),
    `${bytesText(status.bytesToday)}${cap} today`,
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = `${last}   ${part}`;
    if (last !== undefined && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(cut(part, width));
  }
  return lines;
}

function chart(rates: readonly number[], width: number): string {
  const now = rates.at(-1) ?? 0;
  const label = `${now < 10 ? now.toFixed(1) : Math.round(now).toLocaleString('en')} slices/s`;
  const shown = rates.slice(-Math.max(0, width - LABEL_WIDTH));
  const most = Math.max(...shown, 0);
  const bar = (rate: number): string =>
    BARS[rate > 0 ? Math.max(1, Math.round((rate / most) * (BARS.length - 1))) : 0]!;
  return cut(`${label.padEnd(LABEL_WIDTH)}${shown.map(bar).join('').trimStart()}`, width).trimEnd();
}

function row(sandbox: SandboxStatus, width: number, style: Style): string {
  const number = `${sandbox.sandbox + 1}`.padStart(3);
  const { state, jobId, sliceNumber, progress } = sandbox;
  if (state === 'none' || state === 'ended' || jobId === undefined)
    return style.dim(`${number} waiting for work`);
  const name = printable(sandbox.public?.name ?? '').trim() || jobId;
  if (state === 'opening') return named(number, name, 'getting ready', width);
  if (state === 'idle') return style.dim(named(number, name, 'waiting for more of it', width));
  const slice = sliceNumber === undefined ? '' : `#${sliceNumber}`;
  const bar = progress === undefined ? '' : progressBar(progress, width >= 80 ? 20 : 8);
  const tail = [slice.padStart(Math.min(9, Math.max(slice.length, 6))), bar]
    .filter((part) => part !== '')
    .join('  ');
  const room = width - number.length - 1 - tail.length - 1;
  return cut(`${number} ${fit(name, Math.max(4, room))} ${tail}`, width);
}

/** The name gives way to the state. */
function named(number: string, name: string, state: string, width: number): string {
  const room = width - number.length - state.length - 3;
  return cut(`${number} ${cut(name, Math.max(4, room))}: ${state}`, width);
}

/** Lines of at most `width` columns, broken between words; the last of `rows` is cut. */
function wrap(text: string, width: number, rows: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && (`${last} ${word}`.length <= width || lines.length === rows))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => cut(line, width));
}

function progressBar(progress: number, length: number): string {
  const part = Math.min(1, Math.max(0, progress));
  const full = Math.round(part * length);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  return `${'█'.repeat(full)}${'░'.repeat(length - full)} ${percent}`;
}
