/**
 * The log, the newest entry first. Entries are stored as message keys, so that a change of language applies to all.
 * @module
 */
import type { LogEntry, SavedEntry } from '../donor/donor-events.js';
import { isMessageKey } from '../i18n/translate.js';
import { byId, make } from './dom.js';
import { language, t } from './page-text.js';

const ENTRIES_MAX = 100;
/** An entry that repeats the one before it is counted, not added: a repeating warning must not push out the rest. */
const REPEATS_SHOWN_MAX = 1;

const entries: { entry: LogEntry; at: Date; item: HTMLElement; times: number }[] = [];

/** Adds the entries of former visits, given the oldest first, below the new ones. */
export function showPast(past: readonly SavedEntry[]): void {
  for (const { atMs, ...entry } of past.toReversed()) {
    // Its message key was removed in a later version.
    if (!isMessageKey(entry.key)) continue;
    const line = { entry, at: new Date(atMs), item: make('div'), times: REPEATS_SHOWN_MAX };
    entries.push(line);
    fill(line);
    byId('log').append(line.item);
  }
  for (const old of entries.splice(ENTRIES_MAX)) old.item.remove();
  drawEmpty();
}

export function log(entry: LogEntry): void {
  const last = entries[0];
  const same = last !== undefined && textOf(last.entry) === textOf(entry);
  if (same) {
    last.times += 1;
    fill(last);
    return;
  }
  const line = { entry, at: new Date(), item: make('div'), times: REPEATS_SHOWN_MAX };
  entries.unshift(line);
  fill(line);
  byId('log').prepend(line.item);
  for (const old of entries.splice(ENTRIES_MAX)) old.item.remove();
  drawEmpty();
}

/** An empty log is left out of the keyboard's tab order. */
function drawEmpty(): void {
  byId('log-none').hidden = entries.length > 0;
  if (entries.length > 0) byId('log').tabIndex = 0;
}

const textOf = ({ detail: _detail, ...read }: LogEntry): string => JSON.stringify(read);

/** Draws all entries again, in the page's language. */
export function redrawLog(): void {
  entries.forEach(fill);
}

function fill({ entry, at, item, times }: (typeof entries)[number]): void {
  const stamp = make('time', { datetime: at.toISOString() });
  const isToday = at.toDateString() === new Date().toDateString();
  const day: Intl.DateTimeFormatOptions = isToday ? {} : { dateStyle: 'short' };
  const format = new Intl.DateTimeFormat(language(), { ...day, timeStyle: 'medium', hourCycle: 'h23' });
  stamp.textContent = format.format(at);
  const words = make('span', { text: t(entry.key, entry.values), dir: 'auto', title: entry.detail });
  item.dataset.tone = entry.tone ?? 'plain';
  item.replaceChildren(stamp, words);
  if (times > REPEATS_SHOWN_MAX) item.append(make('span', { class: 'times', text: `× ${times}` }));
}
