/**
 * The actions beside Stop while the worker runs: finish and then stop, or pause for some time.
 * @module
 */
import { isRunning, type DonorStatus } from '../donor/donor-events.js';
import type { SettingsBox } from '../donor/settings-box.js';
import { button, byId } from './dom.js';

const MINUTE_MS = 60_000;

export function bindActions(box: SettingsBox, finish: () => void): void {
  button('finish').addEventListener('click', finish);
  for (const one of document.querySelectorAll<HTMLElement>('[data-snooze]')) {
    one.addEventListener('click', () =>
      box.change({ snoozeUntilMs: untilMs(one.dataset.snooze!, new Date()) }),
    );
  }
}

/** `pause`: minutes, or `day` for until midnight. */
export function untilMs(pause: string, now: Date): number {
  if (pause !== 'day') return now.getTime() + Number(pause) * MINUTE_MS;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
}

export function drawActions({ phase, pausedBy }: DonorStatus): void {
  byId('actions').hidden = !isRunning(phase) || phase === 'finishing' || pausedBy.includes('snooze');
  button('finish').hidden = phase !== 'working';
}
