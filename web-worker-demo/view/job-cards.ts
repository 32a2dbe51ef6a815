/**
 * A card for each running job: its description, its total progress, what was computed for it here, and a lane for each
 * of its sandboxes. All texts of a job are untrusted: they are truncated, set as text, and isolated in direction.
 * @module
 */
import type { JobInfo, SandboxStatus } from 'manyhands/worker';
import type { DonorStatus, JobSums } from '../donor/donor-events.js';
import { formatBytes, formatDuration, formatNumber } from '../format.js';
import {
  DESCRIPTION_SHOWN_MAX,
  NAME_SHOWN_MAX,
  safeLink,
  safeText,
  shortAddress,
} from '../donor/safe-text.js';
import { worktimeText } from '../donor/worktime-label.js';
import { BlockRow, type Block } from './block-row.js';
import { copyButton } from './copy-button.js';
import { byId, make, setText } from './dom.js';
import { drawFact, type Fact } from './facts.js';
import { fillJobLink } from './job-link.js';
import { fillLanes } from './lanes.js';
import { language, t } from './page-text.js';

interface Card {
  item: HTMLElement;
  name: HTMLElement;
  about: HTMLElement;
  whole: HTMLElement;
  wholeText: HTMLElement;
  lanes: HTMLElement;
  facts: HTMLElement;
  copy: HTMLElement;
  link: HTMLAnchorElement;
  block: BlockRow;
  owner: string;
  /** When it last had a sandbox, `performance.now()`: the card stays for `LINGER_MS` between two sandboxes. */
  seenMs: number;
}

const LINGER_MS = 1_500;
const QUICK_MS = 200;
const cards = new Map<string, Card>();

/** `block` is called with the job or owner that the donor blocks. */
export function drawJobs(
  { sandboxes, jobs, infos, cores }: Pick<DonorStatus, 'sandboxes' | 'jobs' | 'infos' | 'cores'>,
  block: Block,
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
    fillCard(card, mine, jobs.get(key), infos.get(key));
  }
  for (const [key, card] of cards) {
    if (byJob.has(key)) continue;
    const isOpen = card.block.isOpen && sandboxes.length > 0;
    if (!isOpen && (sandboxes.length === 0 || now - card.seenMs > LINGER_MS)) {
      card.item.remove();
      cards.delete(key);
    } else card.lanes.replaceChildren();
  }
  byId('nothing').hidden = cards.size > 0;
  const turns = cards.size > cores ? t('running.turns', { jobs: cards.size, count: cores }) : '';
  setText(byId('turns'), turns);
  byId('turns').hidden = turns === '';
}

function makeCard(block: Block): Card {
  const name = make('h3', { class: 'job-name', dir: 'auto' });
  const about = make('p', { class: 'job-about', dir: 'auto' });
  const whole = make('div', { class: 'track whole' }, make('span', { class: 'fill' }));
  const wholeText = make('p', { class: 'whole-text' });
  const lanes = make('ul', { class: 'lanes' });
  const facts = make('dl', { class: 'facts' });
  const link = make('a', { class: 'job-link', target: '_blank', rel: 'noopener noreferrer' });
  const row = new BlockRow(block);
  const head = make('div', { class: 'job-head' }, name, row.button);
  const copy = copyButton(() => card.owner);
  const item = make('li', { class: 'job' }, head, row.row, about, wholeText, whole, lanes, facts, copy, link);
  const card = {
    item,
    name,
    about,
    whole,
    wholeText,
    lanes,
    facts,
    copy,
    link,
    block: row,
    owner: '',
    seenMs: 0,
  };
  return card;
}

function fillCard(card: Card, sandboxes: readonly SandboxStatus[], sums?: JobSums, info?: JobInfo): void {
  const about = sandboxes.find((sandbox) => sandbox.public !== undefined);
  const { jobId, owner } = about ?? sandboxes[0]!;
  const name = safeText(about?.public?.name, NAME_SHOWN_MAX);
  setText(card.name, about === undefined ? t('running.preparing') : name || t('running.unnamed'));
  // A job that is not known yet cannot be blocked.
  const isKnown = about !== undefined && jobId !== undefined;
  card.block.fill(isKnown ? { jobId, owner, name } : undefined);
  const description = safeText(about?.public?.description, DESCRIPTION_SHOWN_MAX);
  setText(card.about, description);
  card.about.hidden = description === '';
  card.owner = owner ?? '';
  card.copy.hidden = owner === undefined;
  fillWhole(card, info);
  drawFact(card.facts, factsOf(owner, sums, info));
  const href = safeLink(about?.public?.link);
  card.link.hidden = href === undefined;
  if (href === undefined) card.link.removeAttribute('href');
  else fillJobLink(card.link, href);
  // Very short slices are not shown one by one.
  const quick = sums !== undefined && sums.slices > 0 && sums.computeMs / sums.slices < QUICK_MS;
  fillLanes(card.lanes, sandboxes, quick);
}

/** The progress of the whole job, and the number of workers. */
function fillWhole({ whole, wholeText }: Card, info: JobInfo | undefined): void {
  whole.hidden = info === undefined || info.total === 0;
  wholeText.hidden = info === undefined;
  if (info === undefined) return;
  const { total, accepted, failed, workers, open } = info;
  const part = total === 0 ? 0 : Math.min((accepted + failed) / total, 1);
  // Rounded down: 100 % only for a complete job.
  const percent = formatNumber(Math.floor(part * 1_000) / 10, language(), part < 0.1 ? 1 : 0);
  const of = open ? 'running.wholeOpen' : 'running.whole';
  const counts = {
    percent,
    done: formatNumber(accepted + failed, language()),
    total: formatNumber(total, language()),
  };
  setText(wholeText, `${t(of, counts)} · ${t('running.helpers', { count: Math.max(workers, 1) })}`);
  whole.setAttribute('role', 'progressbar');
  whole.setAttribute('aria-label', t('running.wholeProgress'));
  whole.setAttribute('aria-valuenow', String(Math.floor(part * 100)));
  whole.querySelector<HTMLElement>('.fill')!.style.width = `${part * 100}%`;
}

function factsOf(owner: string | undefined, sums?: JobSums, info?: JobInfo): Fact[] {
  const lang = language();
  const facts: Fact[] = [];
  if (owner !== undefined) facts.push({ name: t('fact.from'), value: shortAddress(owner), title: owner });
  if (sums !== undefined) {
    const given = formatDuration(sums.computeMs, lang);
    const done = sums.slices - sums.failed;
    const slices = formatNumber(done, lang);
    const time = new Intl.DateTimeFormat(lang, { timeStyle: 'short' }).format(new Date(sums.sinceMs));
    facts.push({
      name: t('fact.given'),
      value: t('fact.givenValue', { given, slices, time, count: done }),
    });
    const failed = formatNumber(sums.failed, lang);
    if (sums.failed > 0)
      facts.push({ name: t('fact.failed'), value: t('fact.failedValue', { failed, count: sums.failed }) });
  }
  if (info !== undefined) {
    if (info.bytes > 0) facts.push({ name: t('fact.moved'), value: formatBytes(info.bytes, lang) });
    const { name } = info.worktime;
    facts.push({ name: t('fact.worktime'), value: worktimeText(name) });
    const hosts = info.origins.map((origin) => (URL.canParse(origin) ? new URL(origin).host : ''));
    const from = hosts.length === 0 ? t('fact.scheduler') : new Intl.ListFormat(lang).format(hosts);
    facts.push({ name: t('fact.data'), value: from });
  }
  return facts;
}
