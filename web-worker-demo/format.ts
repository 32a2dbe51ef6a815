/**
 * Formats numbers, durations and sizes for display, in the page's language.
 * @module
 */
import { formatCredits } from 'manyhands/wallet';

const MEBIBYTE = 1_048_576;

/** Seconds below a minute, then minutes and seconds, then hours and minutes. */
export function formatDuration(ms: number, language = 'en'): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${formatNumber(seconds, language, 1, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${formatNumber(Math.floor(minutes / 60), language)} h ${minutes % 60} min`;
}

export function formatNumber(value: number, language = 'en', decimalsMax = 0, decimalsMin = 0): string {
  const options = { maximumFractionDigits: decimalsMax, minimumFractionDigits: decimalsMin };
  return new Intl.NumberFormat(language, options).format(value);
}

/** A rate, with one decimal below 10. */
export function formatRate(perSecond: number, language = 'en'): string {
  return formatNumber(perSecond, language, perSecond < 10 ? 1 : 0);
}

/** Units as credits, exact to a millionth. */
export function formatAmount(units: bigint, language = 'en'): string {
  const options: Intl.NumberFormatOptions = { maximumFractionDigits: 6 };
  // The formatter is given decimal text: a number would lose digits beyond 2^53.
  return new Intl.NumberFormat(language, options).format(formatCredits(units) as `${number}`);
}

/** Always in MiB, the unit of the setting; a small amount is never shown as 0. */
export function formatBytes(bytes: number, language = 'en'): string {
  const mebibytes = bytes === 0 ? 0 : Math.max(bytes / MEBIBYTE, 0.01);
  return `${formatNumber(mebibytes, language, mebibytes < 0.1 ? 2 : mebibytes < 10 ? 1 : 0)} MiB`;
}
