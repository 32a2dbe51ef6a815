/**
 * The tab's title, and the figures: computing time, busy cores and jobs first, the rest below.
 * @module
 */
import type { DonorStatus } from '../donor/donor-events.js';
import type { Totals } from '../donor/totals.js';
import { formatAmount, formatBytes, formatDuration, formatNumber, formatRate } from '../format.js';
import { byId, setText } from './dom.js';
import { language, t } from './page-text.js';

const MEBIBYTE = 1_048_576;

/** `questions`: how many are open; their number comes first in the title, where a narrow tab shows it. */
export function drawTitle(phase: DonorStatus['phase'], questions: number): void {
  const isAtWork = phase === 'working' || phase === 'finishing';
  const title = t(isAtWork ? 'page.titleWorking' : 'page.title');
  const shown = questions > 0 ? `(${questions}) ${t('page.titleAsking')}` : title;
  if (document.title !== shown) document.title = shown;
}

/** Draws the totals of all visits. */
export function drawSums(all: Totals): void {
  const lang = language();
  setText(byId('slices'), formatNumber(all.slices - all.failed, lang));
  const failed = all.failed === 0 ? '' : t('given.failed', { failed: formatNumber(all.failed, lang) });
  setText(byId('failed'), failed);
  setText(byId('compute'), all.computeMs === 0 ? '0 s' : formatDuration(all.computeMs, lang));
}

/** `busy`: how many sandboxes are at work. */
export function drawBusy({ cores }: Pick<DonorStatus, 'cores'>, busy: number): void {
  setText(byId('busy'), t('now.busyValue', { busy, cores }));
}

/** `jobsHelped`: in all visits. `rate`: slices a second. */
export function drawFigures(
  status: DonorStatus,
  mebibytesPerDay: number,
  jobsHelped: number,
  rate: number,
): void {
  const { visit, all } = status;
  const lang = language();
  drawSums(all);
  drawBusy(status, status.sandboxes.filter(({ state }) => state === 'ready').length);
  setText(byId('helped'), formatNumber(jobsHelped, lang));
  setText(byId('data'), formatBytes(status.bytesToday, lang));
  const other = all.slices > visit.slices && visit.slices > 0;
  setText(
    byId('compute-visit'),
    other ? t('given.visit', { amount: formatDuration(visit.computeMs, lang) }) : '',
  );
  setText(byId('rate'), rate === 0 ? '' : t('now.rate', { rate: formatRate(rate, lang) }));
  setText(byId('data-cap'), t('given.ofCap', { cap: formatBytes(mebibytesPerDay * MEBIBYTE, lang) }));
}

/** Draws the balance as the ledger last reported it. */
export function drawBalance({ ledger }: DonorStatus, isPaid: boolean): void {
  const lang = language();
  setText(byId('credits'), ledger === undefined ? (isPaid ? '…' : '–') : formatAmount(ledger.balance, lang));
  if (ledger === undefined) {
    setText(byId('credits-earned'), t(isPaid ? 'given.notAsked' : 'given.nobody'));
    return;
  }
  setText(byId('credits-earned'), t('given.earned', { amount: formatAmount(ledger.earned, lang) }));
}
