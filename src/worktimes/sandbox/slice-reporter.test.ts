/**
 * What a sandbox reports of its slices, and how often.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { CONSOLE_BYTES_PER_SLICE_MAX } from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { HEARTBEAT_SILENCE_MS, SliceReporter } from './slice-reporter.js';

function setUp(): { reporter: SliceReporter; sent: SandboxToSupervisor[]; clock: { ms: number } } {
  const sent: SandboxToSupervisor[] = [];
  const clock = { ms: 10_000 };
  const reporter = new SliceReporter(
    (message) => sent.push(message),
    () => clock.ms,
  );
  return { reporter, sent, clock };
}

describe('the slice reporter', () => {
  it('reports the start of a slice after a pause, or when each start is requested', () => {
    const { reporter, sent } = setUp();
    reporter.beginSlice(1, false, 10_000);
    reporter.beginSlice(2, false, 10_000 + HEARTBEAT_SILENCE_MS);
    reporter.beginSlice(3, false, 10_001 + HEARTBEAT_SILENCE_MS);
    reporter.beginSlice(4, true, 10_001 + HEARTBEAT_SILENCE_MS);
    reporter.heartbeat(10_100 + HEARTBEAT_SILENCE_MS);
    reporter.beginSlice(5, false, 10_100 + 2 * HEARTBEAT_SILENCE_MS);
    expect(sent).toEqual([1, 3, 4].map((sliceNumber) => ({ type: 'begin', sliceNumber })));
  });

  it('reports progress that never decreases within a slice, and throttles it across slices', () => {
    const { reporter, sent, clock } = setUp();
    const report = (slice: number, value: unknown, afterMs: number): void => {
      clock.ms += afterMs;
      reporter.sliceNumber = slice;
      expect(reporter.progress(value)).toBe(true);
    };
    report(0, 0.5, 0);
    report(1, 0.9, 0);
    report(1, 0.95, 99);
    report(1, 0.5, 1);
    report(2, '5%', 100);
    expect(sent.map((m) => (m.type === 'progress' ? [m.sliceNumber, m.progress] : m))).toEqual([
      [1, 0.9],
      [1, undefined],
      [2, 0.05],
    ]);
  });

  it('limits the console output of each slice in UTF-8 bytes', () => {
    const { reporter, sent } = setUp();
    reporter.sliceNumber = 1;
    reporter.console('log', 'é'.repeat(CONSOLE_BYTES_PER_SLICE_MAX / 2));
    reporter.console('log', 'x');
    reporter.console('log', 'y');
    reporter.sliceNumber = 2;
    reporter.console('log', 'z');
    expect(sent.map((m) => (m.type === 'console' ? m.message.slice(0, 8) : m))).toEqual([
      'éééééééé',
      '[console',
      'z',
    ]);
  });

  it('sends console messages again after a while, and reports how many were dropped', () => {
    const { reporter, sent, clock } = setUp();
    reporter.sliceNumber = 1;
    for (let i = 0; i < 150; i++) reporter.console('log', `a${i}`);
    expect(sent).toHaveLength(100);
    clock.ms += 20;
    reporter.console('log', 'later');
    expect(sent.slice(100).map((m) => (m.type === 'console' ? m.message : m))).toEqual([
      '[50 console messages were dropped: over 100 a second]',
      'later',
    ]);
  });
});
