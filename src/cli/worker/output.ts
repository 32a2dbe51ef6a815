/**
 * How a worker tells of itself: a live dashboard, plain lines for a log, or a line of JSON an event.
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
import { WORDS } from './words.js';

export const OUTPUTS = ['dashboard', 'log', 'json'] as const;
export type OutputKind = (typeof OUTPUTS)[number];

export interface Output {
  /** A line of our own. */
  say(text: string): void;
  /** Nothing is drawn after this. */
  end(): void;
}

const DRAW_MS = 250;
const ROWS_DEFAULT = 24;
const LOG_LINES_MAX = 200;
const RATE_BUCKETS = 280;
const RATE_BUCKET_MS = 1_000;

/** What JSON leaves out: it would be all there is. */
const LOUD: ReadonlySet<keyof WorkerEvents> = new Set(['slice', 'progress', 'bytes']);
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

/** Listens to a worker that has not been started, and shows what comes. */
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
  for (const event of EVENTS.filter((name) => !LOUD.has(name))) {
    worker.on(event, (payload) => write(event, payload));
  }
  return { say: () => undefined, end: () => write('end', worker.status) };
}

function showLog(worker: Worker): Output {
  onWords(worker, (line) => (line.startsWith('warning: ') ? console.error(line) : console.log(line)));
  return { say: (text) => console.log(text), end: () => undefined };
}

function showDashboard(worker: Worker, url: string): Output {
  const update = createLogUpdate(process.stdout);
  const style = process.env.NO_COLOR ? PLAIN : COLOURED;
  const began = performance.now();
  const rates = new Rates(RATE_BUCKETS, RATE_BUCKET_MS);
  const log: string[] = [];
  let isConnected = false;
  const say = (line: string): void => {
    log.push(`${clockText(new Date())}  ${line}`);
    if (log.length > LOG_LINES_MAX) log.shift();
  };
  onWords(worker, say);
  const notices: string[] = [];
  const quiet = takeWarnings((text) => notices.push(text));
  worker.on('connect', () => (isConnected = true));
  worker.on('disconnect', () => (isConnected = false));
  worker.on('result', ({ count }) => rates.add(performance.now(), count));
  const draw = (): void => {
    const now = performance.now();
    const { status, paused, options } = worker;
    const { bytesPerDay, paymentAddress } = options;
    const elapsedMs = now - began;
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
    say,
    end() {
      clearInterval(timer);
      process.stdout.off('resize', draw);
      draw();
      update.done();
      quiet();
    },
  };
}

/** Warnings of this process go to `take` and not to the terminal, where they would break the picture. */
function takeWarnings(take: (text: string) => void): () => void {
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

function onWords(worker: Worker, say: (line: string) => void): void {
  const listen = <K extends keyof WorkerEvents>(name: K): void => {
    const words = WORDS[name];
    if (words !== undefined) worker.on(name, (payload) => say(words(payload)));
  };
  for (const name of EVENTS) listen(name);
}

const clockText = (date: Date): string => date.toTimeString().slice(0, 8);
