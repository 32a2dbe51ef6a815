/**
 * The live chart: busy cores over the last minutes as an SVG area, and as a sentence for screen readers.
 * @module
 */
import { formatNumber } from '../format.js';
import { byId, setText } from './dom.js';
import { language, t } from './page-text.js';

const WIDTH = 600;
const HEIGHT = 120;
/** Space for the line's thickness. */
const MARGIN = 4;

/** `series`: busy cores, the oldest first. `now`: busy cores now. `cores`: the limit, which is the chart's height. */
export function drawChart(series: readonly number[], now: number, cores: number): void {
  const isEmpty = series.every((value) => value === 0);
  const peak = isEmpty ? 0 : Math.max(...series, cores);
  const figure = byId('chart');
  figure.dataset.empty = String(peak === 0);
  const values = { now, peak: formatNumber(Math.max(...series, 0), language(), 1) };
  setText(byId('chart-text'), peak === 0 ? t('now.chartEmpty') : t('now.chart', values));
  setText(byId('chart-peak'), peak === 0 ? '' : t('now.height', { count: Math.ceil(peak) }));
  const line = pathOf(series, peak);
  figure.querySelector('.line')!.setAttribute('d', line);
  const from = line.slice(1, line.indexOf(','));
  const area = line === '' ? '' : `${line}L${WIDTH},${HEIGHT}L${from},${HEIGHT}Z`;
  figure.querySelector('.area')!.setAttribute('d', area);
}

function pathOf(series: readonly number[], peak: number): string {
  if (peak === 0) return '';
  const step = WIDTH / Math.max(1, series.length - 1);
  // The line begins at the first value above 0.
  const first = Math.max(0, series.findIndex((value) => value > 0) - 1);
  const points = series.slice(first).map((value, offset) => {
    const i = first + offset;
    const y = HEIGHT - MARGIN - (value / peak) * (HEIGHT - 2 * MARGIN);
    return `${(i * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
