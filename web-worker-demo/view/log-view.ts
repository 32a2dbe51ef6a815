/**
 * The log in plain words, the newest first. Entries are kept as keys, so that the past changes its language too.
 * @module
 */
import type { LogEntry, SavedEntry } from '../donor/donor-events.js';
import { isMessageKey } from '../i18n/translate.js';
import { byId, make } from './dom.js';
import { language, t } from './page-text.js';

const ENTRIES_MAX = 100;
/** Entries that come faster than this are no news: a job that hitches all the time must not wipe out the rest. */
const REPEATS_SHOWN_MAX = 1;

const entries: { entry: LogEntry; at: Date; item: HTMLElement; times: number }[] = [];

/** What former visits kept, the oldest first; it stands below what is new. */
export function showPast(past: readonly SavedEntry[]): void {
  for (const { atMs, ...entry } of past.toReversed()) {
    // A message that is known no more has nothing to say.
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
  const same = last !== undefined && readsLike(last.entry) === readsLike(entry);
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

/** An empty log is nothing to stop at with the keyboard. */
function drawEmpty(): void {
  byId('log-none').hidden = entries.length > 0;
  if (entries.length > 0) byId('log').tabIndex = 0;
}

const readsLike = ({ detail: _detail, ...read }: LogEntry): string => JSON.stringify(read);

/** Says everything again, in the page's language. */
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
