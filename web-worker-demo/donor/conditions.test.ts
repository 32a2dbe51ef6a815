import { expect, it } from 'vitest';
import { Conditions, type PauseReason, type Watch } from './conditions.js';
import { defaultSettings } from './settings.js';

function source(): { watch: Watch; tell: (holds: boolean) => void; watched: () => number } {
  const listeners = new Set<(holds: boolean) => void>();
  return {
    watch: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    tell: (holds) => [...listeners].forEach((listener) => listener(holds)),
    watched: () => listeners.size,
  };
}

it('follows what the donor asks for, and nothing else', () => {
  const battery = source();
  const metered = source();
  const told: [PauseReason, boolean][] = [];
  const conditions = new Conditions({ battery: battery.watch, metered: metered.watch }, (reason, holds) =>
    told.push([reason, holds]),
  );
  const settings = { ...defaultSettings(4), avoidMetered: false, onlyPlugged: true };
  conditions.follow(settings);
  conditions.follow(settings);
  expect([battery.watched(), metered.watched()]).toEqual([1, 0]);
  battery.tell(true);
  battery.tell(true);
  expect(conditions.reasons).toEqual(['battery']);
  conditions.follow({ ...settings, onlyPlugged: false, avoidMetered: true });
  expect([battery.watched(), metered.watched()]).toEqual([0, 1]);
  metered.tell(true);
  conditions.close();
  expect(told).toEqual([
    ['battery', true],
    ['battery', false],
    ['metered', true],
    ['metered', false],
  ]);
});

it('leaves out what this browser cannot tell', () => {
  const conditions = new Conditions({}, () => expect.unreachable());
  conditions.follow({ ...defaultSettings(4), onlyPlugged: true, onlyIdle: true, pauseUnderPressure: true });
  expect(conditions.reasons).toEqual([]);
});
