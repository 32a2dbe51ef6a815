import { expect, it } from 'vitest';
import { Conditions, type ConditionReason, type Watch } from './conditions.js';
import { defaultSettings } from './settings.js';

function source(): { watch: Watch; report: (holds: boolean) => void; watched: () => number } {
  const listeners = new Set<(holds: boolean) => void>();
  return {
    watch: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    report: (holds) => [...listeners].forEach((listener) => listener(holds)),
    watched: () => listeners.size,
  };
}

it('the page observes the conditions that the donor chose, and no others', () => {
  const battery = source();
  const metered = source();
  const changes: [ConditionReason, boolean][] = [];
  const conditions = new Conditions({ battery: battery.watch, metered: metered.watch }, (reason, holds) =>
    changes.push([reason, holds]),
  );
  const settings = { ...defaultSettings(4), avoidMetered: false, onlyPlugged: true };
  conditions.follow(settings);
  conditions.follow(settings);
  expect([battery.watched(), metered.watched()]).toEqual([1, 0]);
  battery.report(true);
  battery.report(true);
  expect(conditions.reasons).toEqual(['battery']);
  conditions.follow({ ...settings, onlyPlugged: false, avoidMetered: true });
  expect([battery.watched(), metered.watched()]).toEqual([0, 1]);
  metered.report(true);
  conditions.close();
  expect(changes).toEqual([
    ['battery', true],
    ['battery', false],
    ['metered', true],
    ['metered', false],
  ]);
});

it('the page leaves out conditions that this browser cannot observe', () => {
  const conditions = new Conditions({}, () => expect.unreachable());
  conditions.follow({ ...defaultSettings(4), onlyPlugged: true, onlyIdle: true, pauseUnderPressure: true });
  expect(conditions.reasons).toEqual([]);
});
