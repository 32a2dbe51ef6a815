/**
 * Questions to the donor as a list in the page: it is no dialog, takes no focus and no keys, and stays until it is
 * answered. All texts of a job are untrusted.
 * @module
 */
import type { Answer, Question } from '../donor/open-questions.js';
import {
  DESCRIPTION_SHOWN_MAX,
  NAME_SHOWN_MAX,
  safeLink,
  safeText,
  shortAddress,
} from '../donor/safe-text.js';
import { byId, make, setText } from './dom.js';
import { jobLink } from './job-link.js';
import { language, t } from './page-text.js';

/** A click this soon after the question appeared was meant for something else, and is ignored. Milliseconds. */
const SETTLE_MS = 500;

/** `answer` is called with the question whose button was pressed. */
export function drawQuestions(
  questions: readonly Question[],
  answer: (id: number, answer: Answer) => void,
): void {
  const section = byId('questions');
  section.hidden = questions.length === 0;
  setText(byId('questions-title'), t('questions.title', { count: questions.length }));
  const list = byId('question-list');
  const old = new Map(
    [...list.children].map((item) => [(item as HTMLElement).dataset.id, item as HTMLElement]),
  );
  const items = questions.map((question) => {
    const key = `${question.id} ${language()}`;
    return old.get(key) ?? makeItem(key, question, answer);
  });
  const same = items.length === list.children.length && items.every((item, i) => list.children[i] === item);
  if (!same) list.replaceChildren(...items);
  questions.forEach((question, i) =>
    setText(items[i]!.querySelector('.asked')!, askedText(question.askedMs)),
  );
}

function askedText(askedMs: number): string {
  const minutes = Math.floor((Date.now() - askedMs) / 60_000);
  if (minutes < 1) return t('questions.justNow');
  const format = new Intl.RelativeTimeFormat(language(), { style: 'long' });
  return t('questions.asked', {
    when: minutes < 60 ? format.format(-minutes, 'minute') : format.format(-Math.floor(minutes / 60), 'hour'),
  });
}

function makeItem(id: string, question: Question, answer: (id: number, answer: Answer) => void): HTMLElement {
  const shownMs = performance.now();
  const choice = (text: string, value: Answer, label: string, kind = ''): HTMLElement => {
    const made = make('button', { type: 'button', class: kind, text, 'aria-label': `${text}: ${label}` });
    made.addEventListener('click', () => {
      if (performance.now() - shownMs >= SETTLE_MS) answer(question.id, value);
    });
    return made;
  };
  const row = make('div', { class: 'choices' });
  const item = make('li', { class: 'question', 'data-id': id });
  const asked = make('span', { class: 'asked hint' });
  if (question.kind === 'join') {
    const name = safeText(question.group.key, NAME_SHOWN_MAX);
    row.append(choice(t('join.yes'), 'yes', name, 'primary'), choice(t('join.no'), 'no', name));
    const heading = make('h3', { text: t('join.title', { name }), dir: 'auto' });
    item.append(heading, make('p', { text: t('join.text') }), asked, row);
    return item;
  }
  const { owner } = question;
  const name = safeText(question.public.name, NAME_SHOWN_MAX) || t('running.unnamed');
  const about = safeText(question.public.description, DESCRIPTION_SHOWN_MAX);
  const address = shortAddress(owner);
  const quote = make('blockquote', {}, make('p', { class: 'job-name', text: name, dir: 'auto' }));
  if (about !== '') quote.append(make('p', { text: about, dir: 'auto' }));
  const href = safeLink(question.public.link);
  if (href !== undefined) quote.append(jobLink(href));
  row.append(
    choice(t('admit.yes'), 'yes', address, 'primary'),
    choice(t('admit.no'), 'no', address),
    choice(t('admit.always'), 'always', address),
  );
  const heading = make('h3', { text: t('admit.title', { address }), title: owner });
  item.append(heading, make('p', { class: 'hint', text: t('admit.text') }), quote, asked, row);
  return item;
}
