/**
 * Every channel out of the sandbox: first seen to work where nothing keeps it in, then tried as real jobs in a real
 * Chromium, with the allow-list of connections and without it.
 * @module
 */
import { expect, it } from 'vitest';
import { describeWorktime } from '../../src/worktimes/registry.js';
import type { Channel } from './channels/channel.js';
import { CHANNELS } from './channels/index.js';
import { openChromium } from './rig/browsers.js';
import { openControls } from './rig/controls.js';
import { openEscapeRig, type Outcome } from './rig/escape-rig.js';

it('there are channels enough, each with a name of its own', () => {
  expect(CHANNELS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CHANNELS.map(({ id }) => id)).size).toBe(CHANNELS.length);
  for (const worktime of ['map-basic', 'pyodide'] as const) {
    expect(CHANNELS.filter((one) => one.worktime === worktime).length).toBeGreaterThanOrEqual(20);
  }
});

/** An attack that hangs is dead as well. */
const CONTROL_MS_MAX = 20_000;

async function within(attempt: Promise<Outcome>): Promise<Omit<Outcome, 'id'>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Omit<Outcome, 'id'>>((resolve) => {
    timer = setTimeout(() => resolve({ through: false, why: 'it hung' }), CONTROL_MS_MAX);
  });
  try {
    return await Promise.race([attempt, late]);
  } catch (error) {
    return { through: false, why: String(error) };
  } finally {
    clearTimeout(timer);
  }
}

it('every attack works where nothing keeps it in', async () => {
  const rig = await openEscapeRig(() => openChromium());
  const { version } = describeWorktime('pyodide')!;
  const controls = await openControls(rig.browser, `${rig.scheduler}/assets/pyodide/${version}/`);
  const dead: object[] = [];
  const named: Channel[] = [];
  for (const channel of CHANNELS) {
    rig.listeners.seen.length = 0;
    const { through, why } = await within(controls.attempt(channel, rig.targets(channel)));
    const { id, seenBy } = channel;
    const seen = [...rig.listeners.seen];
    if (seenBy === 'dns') named.push(channel);
    const isSeen = seenBy === 'itself' || seenBy === 'dns' || seen.some((one) => one.startsWith(seenBy));
    if (!through || !isSeen) dead.push({ id, through, why, seen });
  }
  await controls.close();
  const names = await rig.close();
  expect(dead).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(named.map(({ id }) => `${id}.escape.invalid`)));
});

for (const allowList of [true, false]) {
  it(`nothing gets out of a sandbox, ${allowList ? 'with' : 'without'} the allow-list`, async () => {
    const rig = await openEscapeRig(() => openChromium({ allowList }));
    const outcomes = await rig.attempt(CHANNELS);
    const seen = [...rig.listeners.seen];
    const names = await rig.close();
    expect(outcomes.filter(({ through }) => through)).toEqual([]);
    expect(outcomes).toHaveLength(CHANNELS.length);
    expect({ seen, names }).toEqual({ seen: [], names: [] });
  });
}
