/**
 * What runs: a card for each job with what it says of itself, and in it a lane for each sandbox at work on it. All of a
 * job's words are a stranger's: they are cut, set as text, and kept to their own direction.
 * @module
 */
import type { SandboxStatus } from 'manyhands/worker';
import type { DonorStatus, JobSums } from '../donor/donor-events.js';
import { formatNumber } from '../format.js';
import {
  DESCRIPTION_SHOWN_MAX,
  NAME_SHOWN_MAX,
  safeLink,
  safeText,
  shortAddress,
} from '../donor/safe-text.js';
import { byId, make, setText } from './dom.js';
import { language, t } from './page-text.js';

export interface BlockChoice {
  jobId: string;
  owner: string | undefined;
  name: string;
}

interface Card {
  item: HTMLElement;
  name: HTMLElement;
  about: HTMLElement;
  owner: HTMLElement;
  link: HTMLAnchorElement;
  block: HTMLButtonElement;
  lanes: HTMLElement;
  choice: BlockChoice;
  /** When one of its sandboxes was last seen: a job between two sandboxes does not blink. */
  seenMs: number;
}

const LINGER_MS = 1_500;
const QUICK_MS = 200;
const cards = new Map<string, Card>();

/** `block` is called with the job whose button was pressed. */
export function drawJobs(
  { sandboxes, jobs }: Pick<DonorStatus, 'sandboxes' | 'jobs'>,
  block: (choice: BlockChoice) => void,
): void {
  const now = performance.now();
  const byJob = new Map<string, SandboxStatus[]>();
  for (const sandbox of sandboxes) {
    const key = sandbox.jobId ?? '';
    byJob.set(key, [...(byJob.get(key) ?? []), sandbox]);
  }
  for (const [key, mine] of byJob) {
    let card = cards.get(key);
    if (card === undefined) {
      card = makeCard(block);
      cards.set(key, card);
      byId('jobs').append(card.item);
    }
    card.seenMs = now;
    fillCard(card, mine, jobs.get(key));
  }
  for (const [key, card] of cards) {
    if (byJob.has(key)) continue;
    if (sandboxes.length === 0 || now - card.seenMs > LINGER_MS) {
      card.item.remove();
      cards.delete(key);
    } else card.lanes.replaceChildren();
  }
  byId('nothing').hidden = cards.size > 0;
}

function makeCard(block: (choice: BlockChoice) => void): Card {
  const name = make('h3', { class: 'job-name', dir: 'auto' });
  const about = make('p', { class: 'job-about', dir: 'auto' });
  const owner = make('span', { class: 'job-owner' });
  const link = make('a', { target: '_blank', rel: 'noopener noreferrer' });
  const button = make('button', { type: 'button', class: 'small' });
  const lanes = make('ul', { class: 'lanes' });
  const foot = make('p', { class: 'job-foot' }, owner, link);
  const head = make('div', { class: 'job-head' }, name, button);
  const item = make('li', { class: 'job' }, head, about, lanes, foot);
  const choice: BlockChoice = { jobId: '', owner: undefined, name: '' };
  const card = { item, name, about, owner, link, block: button, lanes, choice, seenMs: 0 };
  button.addEventListener('click', () => block({ ...card.choice }));
  return card;
}

function fillCard(card: Card, sandboxes: readonly SandboxStatus[], sums: JobSums | undefined): void {
  const about = sandboxes.find((sandbox) => sandbox.public !== undefined);
  const { jobId, owner } = about ?? sandboxes[0]!;
  const named = safeText(about?.public?.name, NAME_SHOWN_MAX);
  const name = about === undefined ? t('running.preparing') : named || t('running.unnamed');
  card.choice = { jobId: jobId ?? '', owner, name };
  setText(card.name, name);
  const description = safeText(about?.public?.description, DESCRIPTION_SHOWN_MAX);
  setText(card.about, description);
  card.about.hidden = description === '';
  const from = owner === undefined ? [] : [t('running.owner', { address: shortAddress(owner) })];
  const done = sums === undefined ? [] : [t('running.done', { count: sums.slices })];
  setText(card.owner, [...from, ...done].join(' · '));
  card.owner.title = owner ?? '';
  fillLink(card.link, safeLink(about?.public?.link));
  setText(card.block, t('running.block'));
  card.block.setAttribute('aria-label', t('running.blockLabel', { name }));
  card.block.hidden = jobId === undefined;
  // Of slices that pass in a blink no single one is told.
  const quick = sums !== undefined && sums.computeMs / sums.slices < QUICK_MS;
  fillLanes(card.lanes, sandboxes, quick);
}

function fillLink(link: HTMLAnchorElement, href: string | undefined): void {
  link.hidden = href === undefined;
  if (href === undefined) return link.removeAttribute('href');
  if (link.href === href && link.lang === language()) return;
  link.href = href;
  link.lang = language();
  // The host as the browser writes it: look-alike letters stand as punycode.
  const { host } = new URL(href);
  link.textContent = `${t('running.link')} · ${host}\u00a0↗`;
  link.title = t('running.linkTo', { host });
}

function fillLanes(list: HTMLElement, sandboxes: readonly SandboxStatus[], quick: boolean): void {
  const old = new Map([...list.children].map((lane) => [(lane as HTMLElement).dataset.sandbox, lane]));
  const lanes = sandboxes.map((sandbox) => {
    const lane = (old.get(String(sandbox.sandbox)) as HTMLElement | undefined) ?? makeLane(sandbox.sandbox);
    fillLane(lane, quick ? { ...sandbox, sliceNumber: undefined, progress: undefined } : sandbox);
    return lane;
  });
  const same = lanes.length === list.children.length && lanes.every((lane, i) => list.children[i] === lane);
  if (!same) list.replaceChildren(...lanes);
}

function makeLane(sandbox: number): HTMLElement {
  const track = make('span', { class: 'track' }, make('span', { class: 'fill' }));
  const at = make('span', { class: 'at' });
  return make('li', { 'data-sandbox': String(sandbox) }, track, at);
}

function fillLane(lane: HTMLElement, { state, sliceNumber, progress }: SandboxStatus): void {
  const known = progress !== undefined && state === 'ready';
  const track = lane.querySelector<HTMLElement>('.track')!;
  track.dataset.known = String(known);
  if (known) {
    track.setAttribute('role', 'progressbar');
    track.setAttribute('aria-label', t('running.progress'));
    track.setAttribute('aria-valuenow', String(Math.round(progress * 100)));
  } else for (const name of ['role', 'aria-label', 'aria-valuenow']) track.removeAttribute(name);
  track.querySelector<HTMLElement>('.fill')!.style.width = known ? `${progress * 100}%` : '';
  const number = sliceNumber === undefined ? undefined : formatNumber(sliceNumber, language());
  const working = number === undefined ? t('running.atWork') : t('running.slice', { number });
  setText(lane.querySelector('.at')!, state === 'opening' ? t('running.starting') : working);
}
