/**
 * The moment from which a page can be told something: its own scripts have run, and whoever wants to hear it listens.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';

/** Calls back in a later task, when the scripts that the page came with have run. Answers what cancels it. */
export function whenPageListens(clock: Clock, fn: () => void): CancelTimer {
  let cancelTimer: CancelTimer | undefined;
  const later = (): void => {
    cancelTimer ??= clock.after(0, fn);
  };
  if (haveScriptsRun()) {
    later();
    return () => cancelTimer?.();
  }
  document.addEventListener('DOMContentLoaded', later);
  addEventListener('load', later);
  return () => {
    document.removeEventListener('DOMContentLoaded', later);
    removeEventListener('load', later);
    cancelTimer?.();
  };
}

function haveScriptsRun(): boolean {
  if (document.readyState !== 'interactive') return document.readyState === 'complete';
  // Scripts that wait for the whole document run in this state, and others after them.
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return page !== undefined && page.domContentLoadedEventEnd > 0;
}
