/**
 * What the page shows: it turns a plain description into elements, and knows nothing of workers. Everything that a
 * stranger can choose (a job's name) goes in as text, never as markup.
 * @module
 */

import { formatDuration } from './format.js';

/** What the donor sees this page to be in; each has its own words and colour. */
export type PageState =
  'idle' | 'connecting' | 'connected' | 'working' | 'waiting' | 'stopping' | 'stopped' | 'failed';

export interface SandboxLine {
  /** Stays with one sandbox as long as it lives. */
  key: string;
  job: string;
  /** What it is at, in words. */
  at: string;
  /** From 0 to 1; absent where the job does not tell. */
  progress?: number;
}

const STATE_TEXT: Record<PageState, string> = {
  idle: 'Not started',
  connecting: 'Connecting …',
  connected: 'Connected, waiting for work',
  working: 'Working',
  waiting: 'Connection lost, trying again …',
  stopping: 'Stopping: handing back what is not done …',
  stopped: 'Stopped',
  failed: 'Ended by an error',
};
const LOG_LINES_MAX = 100;

const number = new Intl.NumberFormat('en');
const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

export const startButton = element('start', HTMLButtonElement);
export const stopButton = element('stop', HTMLButtonElement);

/** Whether the focus was on a button when both were switched off. */
let owesFocus = false;

/** Says where this page is, and leaves only the buttons that make sense there. */
export function showState(state: PageState): void {
  element('state').dataset.state = state;
  element('state-text').textContent = STATE_TEXT[state];
  const stoppable = ['connecting', 'connected', 'working', 'waiting'].includes(state);
  const focused = document.activeElement;
  if (focused === startButton || focused === stopButton) owesFocus = true;
  else if (focused !== document.body) owesFocus = false;
  startButton.disabled = stoppable || state === 'stopping';
  stopButton.disabled = !stoppable;
  // A button that is switched off loses the focus, and with it the place of who uses the keyboard.
  const next = [startButton, stopButton].find((button) => !button.disabled);
  if (owesFocus && next !== undefined) next.focus();
}

export function showPlace(host: string): void {
  element('place').textContent = host;
}

/** `computeMs`: time in work functions, all sandboxes together. */
export function showTotals(slices: number, computeMs: number, busy: number): void {
  element('slices').textContent = number.format(slices);
  element('compute').textContent = formatDuration(computeMs);
  element('busy').textContent = String(busy);
}

/** Lists the sandboxes; a line that is there already is changed in place. */
export function showSandboxes(lines: readonly SandboxLine[]): void {
  const list = element('sandboxes');
  const old = new Map([...list.children].map((item) => [(item as HTMLElement).dataset.key, item]));
  const items = lines.map((line) => {
    const item = (old.get(line.key) as HTMLLIElement | undefined) ?? makeLine(line.key);
    fillLine(item, line);
    return item;
  });
  list.replaceChildren(...items);
  element('nothing').hidden = lines.length > 0;
}

/** Adds a line to the log, the newest first. */
export function log(text: string, at: Date): void {
  const list = element('log');
  const stamp = document.createElement('time');
  stamp.dateTime = at.toISOString();
  stamp.textContent = time.format(at);
  const words = document.createElement('span');
  words.textContent = text;
  const item = document.createElement('li');
  item.append(stamp, words);
  list.prepend(item);
  while (list.children.length > LOG_LINES_MAX) list.lastElementChild?.remove();
}

function makeLine(key: string): HTMLLIElement {
  const item = document.createElement('li');
  item.dataset.key = key;
  for (const name of ['job', 'at']) {
    const part = document.createElement('span');
    part.className = name;
    item.append(part);
  }
  const bar = document.createElement('progress');
  bar.setAttribute('aria-label', 'Progress of the slice at work');
  bar.max = 1;
  item.append(bar);
  return item;
}

function fillLine(item: HTMLLIElement, line: SandboxLine): void {
  const [job, at] = item.children;
  const bar = item.querySelector('progress')!;
  job!.textContent = line.job;
  at!.textContent = line.at;
  bar.hidden = line.progress === undefined;
  bar.value = line.progress ?? 0;
}

function element<T extends HTMLElement = HTMLElement>(id: string, type?: new () => T): T {
  const found = document.getElementById(id);
  if (found === null || (type !== undefined && !(found instanceof type)))
    throw new Error(`No element #${id}.`);
  return found as T;
}
