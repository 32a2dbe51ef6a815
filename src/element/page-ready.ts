/**
 * Waits until the scripts of a page have run, so that their event listeners are registered.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';

/** Calls `fn` in a later task, after the initial scripts of the page have run. Returns the function that cancels it. */
export function whenPageReady(clock: Clock, fn: () => void): CancelTimer {
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
  // Deferred scripts run in this state, and others after them.
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return page !== undefined && page.domContentLoadedEventEnd > 0;
}
