/**
 * The large button, the state in words, and the sums.
 * @module
 */
import { isRunning, type DonorStatus } from '../donor/donor-events.js';
import type { Totals } from '../donor/totals.js';
import { formatAmount, formatBytes, formatDuration, formatNumber } from '../format.js';
import { button, byId, setText } from './dom.js';
import { language, say, t } from './page-text.js';

const MEBIBYTE = 1_048_576;

export function drawPower({ phase, pausedBy }: Pick<DonorStatus, 'phase' | 'pausedBy'>): void {
  byId('state').dataset.state = phase;
  const power = button('power');
  const running = isRunning(phase);
  power.dataset.running = String(running);
  say(byId('power-text'), running ? 'power.stop' : 'power.start');
  // It keeps the focus while it is busy, which a disabled button would not.
  power.setAttribute('aria-disabled', String(phase === 'stopping'));
  const reasons = pausedBy.map((reason) => t(`paused.${reason}`));
  const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(reasons);
  setText(byId('state-text'), t(`phase.${phase}`, { reasons: list }));
}

export function drawTitle(phase: DonorStatus['phase']): void {
  const title = t(phase === 'working' ? 'page.titleWorking' : 'page.title');
  if (document.title !== title) document.title = title;
}

/** What is given, in all visits. */
export function drawSums(all: Totals): void {
  const lang = language();
  setText(byId('slices'), formatNumber(all.slices, lang));
  setText(byId('compute'), all.computeMs === 0 ? '0 s' : formatDuration(all.computeMs, lang));
  setText(byId('credits'), formatAmount(all.earned, lang));
}

export function drawFigures(status: DonorStatus, mebibytesPerDay: number): void {
  const { visit, all } = status;
  const lang = language();
  drawSums(all);
  setText(byId('data'), formatBytes(status.bytesToday, lang));
  const other = all.slices > visit.slices && visit.slices > 0;
  const inVisit = (amount: string): string => (other ? t('given.visit', { amount }) : '');
  setText(byId('slices-visit'), inVisit(formatNumber(visit.slices, lang)));
  setText(byId('compute-visit'), inVisit(formatDuration(visit.computeMs, lang)));
  setText(byId('credits-visit'), all.earned === 0n ? '' : inVisit(formatAmount(visit.earned, lang)));
  setText(byId('data-cap'), t('given.ofCap', { cap: formatBytes(mebibytesPerDay * MEBIBYTE, lang) }));
}
