/**
 * The history by day and by job.
 * @module
 */
import type { DaySums, History, JobRecord } from '../donor/history.js';
import { NAME_SHOWN_MAX, safeText, shortAddress } from '../donor/safe-text.js';
import { formatDuration, formatNumber } from '../format.js';
import { button, byId, make } from './dom.js';
import { language, t } from './page-text.js';

const JOBS_SHOWN = 5;
let showsAll = false;
let shown = '';

export function bindHistory(history: History, redraw: () => void): void {
  button('history-more').addEventListener('click', () => {
    showsAll = true;
    redraw();
  });
  button('history-clear').addEventListener('click', () => void history.clear().then(redraw, redraw));
}

export function drawHistory(history: History, nowMs: number): void {
  const days = history.days(nowMs);
  const { jobs } = history;
  const wanted = JSON.stringify([days, jobs, showsAll, language()]);
  if (wanted === shown) return;
  shown = wanted;
  const isEmpty = jobs.length === 0;
  byId('history-none').hidden = !isEmpty;
  byId('history-days-box').hidden = isEmpty;
  button('history-clear').hidden = isEmpty;
  button('history-more').hidden = showsAll || jobs.length <= JOBS_SHOWN;
  const peak = Math.max(...days.map(([, { computeMs }]) => computeMs), 1);
  byId('history-days').replaceChildren(...days.map(([day, sums]) => dayBar(day, sums, peak)));
  byId('history-jobs').replaceChildren(...jobs.slice(0, showsAll ? jobs.length : JOBS_SHOWN).map(jobLine));
}

function dayBar(day: string, { computeMs, slices }: DaySums, peak: number): HTMLElement {
  const lang = language();
  // Noon, so that the date is the same in every time zone.
  const at = new Date(`${day}T12:00`);
  const name = new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'numeric' }).format(at);
  const given = t('history.day', {
    day: new Intl.DateTimeFormat(lang, { dateStyle: 'full' }).format(at),
    given: computeMs === 0 ? '0 s' : formatDuration(computeMs, lang),
    slices: formatNumber(slices, lang),
    count: slices,
  });
  const bar = make('span', { class: 'day-bar', 'aria-hidden': 'true' });
  bar.style.height = computeMs === 0 ? '0' : `${Math.max((computeMs / peak) * 100, 3)}%`;
  const space = make('span', { class: 'day-space' }, bar);
  const item = make(
    'li',
    { title: given },
    space,
    make('span', { class: 'day-name', text: name, 'aria-hidden': 'true' }),
  );
  item.append(make('span', { class: 'unseen', text: given }));
  return item;
}

function jobLine({ name, owner, lastMs, slices, computeMs }: JobRecord): HTMLElement {
  const lang = language();
  const shownName = safeText(name, NAME_SHOWN_MAX) || t('running.unnamed');
  const when = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(lastMs),
  );
  const given = t('history.job', {
    given: formatDuration(computeMs, lang),
    slices: formatNumber(slices, lang),
    count: slices,
    when,
  });
  const from = owner === '' ? '' : ` · ${t('running.owner', { address: shortAddress(owner) })}`;
  return make(
    'li',
    {},
    make('span', { class: 'job-name', text: shownName, dir: 'auto' }),
    make('span', { class: 'hint', text: given + from }),
  );
}
