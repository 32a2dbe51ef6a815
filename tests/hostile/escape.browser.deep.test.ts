/**
 * Every channel out of the sandbox: first seen to work where nothing keeps it in, then tried as real jobs in a real
 * Chromium, with the allow-list of connections and without it.
 * @module
 */
import { expect, it, vi } from 'vitest';
import { describeWorktime } from '../../src/worktimes/registry.js';
import type { Channel } from './channels/channel.js';
import { CHANNELS } from './channels/index.js';
import { openChromium } from './fixtures/browsers.js';
import { openControls } from './fixtures/controls.js';
import { openEscapeFixture, type Outcome } from './fixtures/escape-fixture.js';

it('the list of channels is long enough, and its ids are unique', () => {
  expect(CHANNELS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CHANNELS.map(({ id }) => id)).size).toBe(CHANNELS.length);
  for (const worktime of ['map-basic', 'pyodide'] as const) {
    expect(CHANNELS.filter((one) => one.worktime === worktime).length).toBeGreaterThanOrEqual(20);
  }
});

/** An attack that hangs has failed as well. */
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

it('every attack succeeds outside of a sandbox', async () => {
  const fixture = await openEscapeFixture(() => openChromium());
  const { version } = describeWorktime('pyodide')!;
  const controls = await openControls(fixture.browser, `${fixture.scheduler}/assets/pyodide/${version}/`);
  const dead: object[] = [];
  const named: Channel[] = [];
  for (const channel of CHANNELS) {
    fixture.listeners.seen.length = 0;
    const { through, why } = await within(controls.attempt(channel, fixture.targets(channel)));
    const { id, seenBy } = channel;
    const { seen } = fixture.listeners;
    if (seenBy === 'dns') named.push(channel);
    const isSeen = (): boolean =>
      seenBy === 'itself' || seenBy === 'dns' || seen.some((one) => one.startsWith(seenBy));
    // A beacon is sent after the call that asks for it has returned.
    if (through) await vi.waitUntil(isSeen, CONTROL_MS_MAX).catch(() => undefined);
    if (!through || !isSeen()) dead.push({ id, through, why, seen: [...seen] });
  }
  await controls.close();
  const names = await fixture.close();
  expect(dead).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(named.map(({ id }) => `${id}.escape.invalid`)));
});

for (const allowList of [true, false]) {
  it(`no channel leads out of a sandbox, ${allowList ? 'with' : 'without'} the Connection-Allowlist header`, async () => {
    const fixture = await openEscapeFixture(() => openChromium({ allowList }));
    const outcomes = await fixture.attempt(CHANNELS);
    const seen = [...fixture.listeners.seen];
    const names = await fixture.close();
    expect(outcomes.filter(({ through }) => through)).toEqual([]);
    expect(outcomes).toHaveLength(CHANNELS.length);
    expect({ seen, names }).toEqual({ seen: [], names: [] });
  });
}
