/**
 * What a slice may say, and how often.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { CONSOLE_BYTES_PER_SLICE_MAX } from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { QUIET_MS, SliceSigns } from './slice-reporter.js';

function setUp(): { signs: SliceSigns; said: SandboxToSupervisor[]; clock: { ms: number } } {
  const said: SandboxToSupervisor[] = [];
  const clock = { ms: 10_000 };
  const signs = new SliceSigns(
    (message) => said.push(message),
    () => clock.ms,
  );
  return { signs, said, clock };
}

describe('the signs of a slice', () => {
  it('announce a slice after a silence, or where each is to be', () => {
    const { signs, said } = setUp();
    signs.begin(1, false, 10_000);
    signs.begin(2, false, 10_000 + QUIET_MS);
    signs.begin(3, false, 10_001 + QUIET_MS);
    signs.begin(4, true, 10_001 + QUIET_MS);
    signs.sign(10_100 + QUIET_MS);
    signs.begin(5, false, 10_100 + 2 * QUIET_MS);
    expect(said).toEqual([1, 3, 4].map((sliceNumber) => ({ type: 'begin', sliceNumber })));
  });

  it('keep progress forwards within one slice, and throttle it over all', () => {
    const { signs, said, clock } = setUp();
    const tell = (slice: number, value: unknown, afterMs: number): void => {
      clock.ms += afterMs;
      signs.sliceNumber = slice;
      expect(signs.progress(value)).toBe(true);
    };
    tell(0, 0.5, 0);
    tell(1, 0.9, 0);
    tell(1, 0.95, 99);
    tell(1, 0.5, 1);
    tell(2, '5%', 100);
    expect(said.map((m) => (m.type === 'progress' ? [m.sliceNumber, m.progress] : m))).toEqual([
      [1, 0.9],
      [1, undefined],
      [2, 0.05],
    ]);
  });

  it('count console bytes as UTF-8, for each slice anew', () => {
    const { signs, said } = setUp();
    signs.sliceNumber = 1;
    signs.console('log', 'é'.repeat(CONSOLE_BYTES_PER_SLICE_MAX / 2));
    signs.console('log', 'x');
    signs.console('log', 'y');
    signs.sliceNumber = 2;
    signs.console('log', 'z');
    expect(said.map((m) => (m.type === 'console' ? m.message.slice(0, 8) : m))).toEqual([
      'éééééééé',
      '[console',
      'z',
    ]);
  });

  it('let messages through again as time passes, and say how many were dropped', () => {
    const { signs, said, clock } = setUp();
    signs.sliceNumber = 1;
    for (let i = 0; i < 150; i++) signs.console('log', `a${i}`);
    expect(said).toHaveLength(100);
    clock.ms += 20;
    signs.console('log', 'later');
    expect(said.slice(100).map((m) => (m.type === 'console' ? m.message : m))).toEqual([
      '[50 console messages were dropped: over 100 a second]',
      'later',
    ]);
  });
});
