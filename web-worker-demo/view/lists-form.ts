/**
 * The section "For whom": groups, blocked jobs and owners, admitted owners, and other origins of input. Each is a list
 * with a button on every entry.
 * @module
 */
import { JOINED_GROUPS_MAX } from '../../src/entry/page.browser.js';
import { hideSecret } from '../donor/join-link.js';
import { NAME_SHOWN_MAX, safeText, shortAddress } from '../donor/safe-text.js';
import type { SettingsBox } from '../donor/settings-box.js';
import { readGroup, readOrigin, type Group } from '../donor/settings.js';
import { button, byId, make, setText } from './dom.js';
import { t } from './page-text.js';

interface Entry {
  text: string;
  /** The button's accessible name. */
  label: string;
  word: string;
  title?: string;
  remove: () => void;
}

export function bindLists(box: SettingsBox, joined: (group: Group) => void): void {
  const groupForm = byId('group-form', HTMLFormElement);
  groupForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(groupForm);
    const group = readGroup({ key: data.get('key'), secret: data.get('secret') });
    if (group === undefined) return;
    const isFull = isOneTooMany(box, group);
    setText(byId('group-error'), isFull ? t('whom.groupsFull', { count: JOINED_GROUPS_MAX }) : '');
    if (isFull) return;
    groupForm.reset();
    void joinGroup(box, group).then(joined);
  });
  const originForm = byId('origin-form', HTMLFormElement);
  originForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const origin = readOrigin(new FormData(originForm).get('origin'));
    setText(byId('origin-error'), origin === undefined ? t('whom.originInvalid') : '');
    if (origin === undefined) return;
    originForm.reset();
    box.change({ allowOrigins: [...new Set([...box.now.allowOrigins, origin])] });
  });
  bindAdmitted(box);
}

export function bindAdmitted(box: SettingsBox): void {
  button('forget-admitted').addEventListener('click', () => box.change({ admittedOwners: [] }));
}

/** Whether another group would be over the limit. */
export function isOneTooMany({ now: { groups } }: SettingsBox, group: Group): boolean {
  return groups.length >= JOINED_GROUPS_MAX && groups.every(({ key }) => key !== group.key);
}

/** Adds the group; it replaces one with the same key. */
export async function joinGroup(box: SettingsBox, group: Group): Promise<Group> {
  const hidden = await hideSecret(group);
  box.change({ groups: [...box.now.groups.filter(({ key }) => key !== group.key), hidden] });
  return group;
}

export function drawLists(box: SettingsBox): void {
  const { now } = box;
  drawList(
    'groups',
    now.groups.map((group) => groupEntry(box, group)),
  );
  drawBlocked(box);
  const originEntries = now.allowOrigins.map((origin) => ({
    text: origin,
    word: '×',
    label: t('whom.remove', { name: origin }),
    remove: () => box.change({ allowOrigins: box.now.allowOrigins.filter((one) => one !== origin) }),
  }));
  drawList('origins', originEntries);
  drawAdmitted(box);
}

/** Admitted owners matter only while the donor is asked about new ones. */
export function drawAdmitted(box: SettingsBox): void {
  const { admittedOwners, askBeforeNewOwner } = box.now;
  byId('admitted-row').hidden = admittedOwners.length === 0 || !askBeforeNewOwner;
  setText(byId('admitted'), t('whom.admitted', { count: admittedOwners.length }));
  const entries = admittedOwners.map((owner) => {
    const name = t('whom.deployer', { address: shortAddress(owner) });
    const remove = (): void =>
      box.change({ admittedOwners: box.now.admittedOwners.filter((one) => one !== owner) });
    return { text: name, title: owner, word: '×', label: t('whom.remove', { name }), remove };
  });
  drawList('admitted-list', entries);
}

export function drawBlocked(box: SettingsBox): void {
  const blocked = [...blockedJobs(box), ...blockedOwners(box)];
  drawList('blocked', blocked);
  byId('blocked-none').hidden = blocked.length > 0;
}

function groupEntry(box: SettingsBox, { key }: Group): Entry {
  const name = safeText(key, NAME_SHOWN_MAX);
  return {
    text: name,
    word: '×',
    label: t('whom.leave', { name }),
    remove: () => box.change({ groups: box.now.groups.filter((group) => group.key !== key) }),
  };
}

function blockedJobs(box: SettingsBox): Entry[] {
  return box.now.blockedJobs.map(({ id, name }) => {
    const shown = safeText(name, NAME_SHOWN_MAX);
    const text = shown === '' ? t('whom.jobUnnamed', { id }) : t('whom.jobNamed', { name: shown });
    const remove = (): void =>
      box.change({ blockedJobs: box.now.blockedJobs.filter((job) => job.id !== id) });
    return {
      text,
      title: id,
      word: t('whom.unblock'),
      label: t('whom.unblockLabel', { name: text }),
      remove,
    };
  });
}

function blockedOwners(box: SettingsBox): Entry[] {
  return box.now.blockedOwners.map((owner) => {
    const text = t('whom.deployer', { address: shortAddress(owner) });
    const remove = (): void =>
      box.change({ blockedOwners: box.now.blockedOwners.filter((one) => one !== owner) });
    const label = t('whom.unblockLabel', { name: text });
    return { text, title: owner, word: t('whom.unblock'), label, remove };
  });
}

function drawList(id: string, entries: readonly Entry[]): void {
  const items = entries.map(({ text, title, word, label, remove }) => {
    const name = make('span', { text, title, dir: 'auto' });
    const away = make('button', { type: 'button', class: 'small', text: word, 'aria-label': label });
    away.addEventListener('click', remove);
    return make('li', {}, name, away);
  });
  byId(id).replaceChildren(...items);
}
