/**
 * Questions to the donor, one at a time, each in a dialog of the browser: it holds the focus, and Escape is a no.
 * @module
 */
import { DESCRIPTION_SHOWN_MAX, NAME_SHOWN_MAX, safeText, shortAddress } from '../donor/safe-text.js';
import type { Group } from '../donor/settings.js';
import { make } from './dom.js';
import { t } from './page-text.js';
import type { BlockChoice } from './job-cards.js';

interface Choice<T> {
  text: string;
  value: T;
  kind?: 'primary' | 'danger';
}

let last: Promise<unknown> = Promise.resolve();

/** The value of the button that was pressed; `otherwise` when the dialog was closed without one. */
function ask<T>(
  fill: () => { title: string; body: Node[]; choices: Choice<T>[] },
  otherwise: T,
  signal?: AbortSignal,
): Promise<T> {
  const asked = last.then(() => (signal?.aborted === true ? otherwise : show(fill(), otherwise, signal)));
  last = asked.catch(() => undefined);
  return asked;
}

function show<T>(
  { title, body, choices }: { title: string; body: Node[]; choices: Choice<T>[] },
  otherwise: T,
  signal?: AbortSignal,
): Promise<T> {
  const heading = make('h2', { id: 'dialog-title', text: title, dir: 'auto' });
  const row = make('div', { class: 'dialog-choices' });
  const dialog = make('dialog', { 'aria-labelledby': 'dialog-title' }, heading, ...body, row);
  return new Promise((resolve) => {
    let value = otherwise;
    for (const choice of choices) {
      const button = make('button', { type: 'button', class: choice.kind ?? '', text: choice.text });
      button.addEventListener('click', () => {
        value = choice.value;
        dialog.close();
      });
      row.append(button);
    }
    const gone = (): void => dialog.close();
    signal?.addEventListener('abort', gone, { once: true });
    dialog.addEventListener('close', () => {
      signal?.removeEventListener('abort', gone);
      dialog.remove();
      resolve(value);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const paragraph = (text: string, name = ''): HTMLElement => make('p', { class: name, text, dir: 'auto' });

/** `owner` only where it is known whose job it is. */
export function askToBlock({ name, owner }: BlockChoice): Promise<'job' | 'owner' | undefined> {
  return ask<'job' | 'owner' | undefined>(() => {
    const body = [paragraph(t('block.text'))];
    if (owner !== undefined) body.push(paragraph(t('block.ownerIs', { address: owner }), 'address'));
    const choices: Choice<'job' | 'owner' | undefined>[] = [
      { text: t('block.job'), value: 'job', kind: 'danger' },
    ];
    if (owner !== undefined) choices.push({ text: t('block.owner'), value: 'owner', kind: 'danger' });
    choices.push({ text: t('dialog.cancel'), value: undefined });
    return { title: t('block.title', { name }), body, choices };
  }, undefined);
}

/** Whether a new deployer may compute here; closing the dialog keeps them out. */
export function askToAdmit(
  who: { owner: string; public: { name: string; description: string } },
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'always'> {
  return ask<'yes' | 'no' | 'always'>(
    () => {
      const name = safeText(who.public.name, NAME_SHOWN_MAX) || t('running.unnamed');
      const quote = make('blockquote', {}, paragraph(name, 'job-name'));
      const about = safeText(who.public.description, DESCRIPTION_SHOWN_MAX);
      if (about !== '') quote.append(paragraph(about));
      return {
        title: t('admit.title'),
        body: [paragraph(t('admit.text', { address: shortAddress(who.owner) })), quote],
        choices: [
          { text: t('admit.no'), value: 'no' },
          { text: t('admit.yes'), value: 'yes', kind: 'primary' },
          { text: t('admit.always'), value: 'always' },
        ],
      };
    },
    'no',
    signal,
  );
}

export function askToJoin(group: Group): Promise<boolean> {
  return ask<boolean>(
    () => ({
      title: t('join.title', { name: safeText(group.key, NAME_SHOWN_MAX) }),
      body: [paragraph(t('join.text'))],
      choices: [
        { text: t('dialog.cancel'), value: false },
        { text: t('join.yes'), value: true, kind: 'primary' },
      ],
    }),
    false,
  );
}
