/**
 * The output of the worker command: a live dashboard, lines of a log, or one line of JSON for each event.
 * @module
 */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Worker, WorkerEvents } from '../../entry/worker.node.js';
import { terminalWidth } from '../console/terminal.js';
import { toJson } from '../console/to-json.js';
import { drawDashboard, PLAIN } from './dashboard.js';
import type { Style } from './dashboard.js';
import { Rates } from './rates.js';
import { EVENT_LINES } from './event-text.js';

export const OUTPUTS = ['dashboard', 'log', 'json'] as const;
export type OutputKind = (typeof OUTPUTS)[number];

export interface Output {
  /** Prints a message of the command. */
  print(text: string): void;
  /** Ends the output. */
  end(): void;
}

const DRAW_MS = 250;
const ROWS_DEFAULT = 24;
const LOG_LINES_MAX = 200;
const RATE_BUCKETS = 280;
const RATE_BUCKET_MS = 1_000;

/** Frequent events, which the JSON output leaves out. */
const FREQUENT_EVENTS: ReadonlySet<keyof WorkerEvents> = new Set(['slice', 'progress', 'bytes']);
const EVENTS: readonly (keyof WorkerEvents)[] = [
  'start',
  'stop',
  'connect',
  'disconnect',
  'fetch',
  'job',
  'sandbox',
  'console',
  'result',
  'return',
  'payment',
  'pause',
  'unpause',
  'worktime',
  'warning',
  'error',
];

/** Attaches the output to a worker that is not started yet. */
export function showWorker(worker: Worker, kind: OutputKind, url: string): Output {
  switch (kind) {
    case 'json':
      return showJson(worker);
    case 'log':
      return showLog(worker);
    case 'dashboard':
      return showDashboard(worker, url);
  }
}

function showJson(worker: Worker): Output {
  const write = (event: string, fields: object): void =>
    console.log(toJson({ at: new Date(), event, ...fields }));
  for (const event of EVENTS.filter((name) => !FREQUENT_EVENTS.has(name))) {
    worker.on(event, (payload) => write(event, payload));
  }
  return { print: () => undefined, end: () => write('end', worker.status) };
}

function showLog(worker: Worker): Output {
  onLines(worker, (line) => (line.startsWith('warning: ') ? console.error(line) : console.log(line)));
  return { print: (text) => console.log(text), end: () => undefined };
}

function showDashboard(worker: Worker, url: string): Output {
  const update = createLogUpdate(process.stdout);
  const style = process.env.NO_COLOR ? PLAIN : COLOURED;
  const startMs = performance.now();
  const rates = new Rates(RATE_BUCKETS, RATE_BUCKET_MS);
  const log: string[] = [];
  let isConnected = false;
  const print = (line: string): void => {
    log.push(`${clockText(new Date())}  ${line}`);
    if (log.length > LOG_LINES_MAX) log.shift();
  };
  onLines(worker, print);
  const notices: string[] = [];
  const restoreWarnings = redirectWarnings((text) => notices.push(text));
  worker.on('connect', () => (isConnected = true));
  worker.on('disconnect', () => (isConnected = false));
  worker.on('result', ({ count }) => rates.add(performance.now(), count));
  const draw = (): void => {
    const now = performance.now();
    const { status, paused, options } = worker;
    const { bytesPerDay, paymentAddress } = options;
    const elapsedMs = now - startMs;
    const shown = {
      url,
      isConnected,
      paused,
      elapsedMs,
      status,
      bytesPerDay,
      isPaid: paymentAddress !== undefined,
      rates: rates.perSecond(now),
      notices,
      log,
    };
    update(drawDashboard(shown, terminalWidth() - 1, process.stdout.rows || ROWS_DEFAULT, style));
  };
  draw();
  const timer = setInterval(draw, DRAW_MS);
  process.stdout.on('resize', draw);
  return {
    print,
    end() {
      clearInterval(timer);
      process.stdout.off('resize', draw);
      draw();
      update.done();
      restoreWarnings();
    },
  };
}

/** Redirects the warnings of this process to `take`, because on the terminal they would break the dashboard. */
function redirectWarnings(take: (text: string) => void): () => void {
  const before = process.listeners('warning');
  process.removeAllListeners('warning');
  const listener = ({ name, message }: Error): void => take(`${name}: ${message}`);
  process.on('warning', listener);
  return () => {
    process.off('warning', listener);
    for (const one of before) process.on('warning', one);
  };
}

const COLOURED: Style = {
  bold: (text) => styleText('bold', text),
  dim: (text) => styleText('dim', text),
  good: (text) => styleText('green', text),
  bad: (text) => styleText('yellow', text),
};

function onLines(worker: Worker, print: (line: string) => void): void {
  const listen = <K extends keyof WorkerEvents>(name: K): void => {
    const lineOf = EVENT_LINES[name];
    if (lineOf !== undefined) worker.on(name, (payload) => print(lineOf(payload)));
  };
  for (const name of EVENTS) listen(name);
}

const clockText = (date: Date): string => date.toTimeString().slice(0, 8);
