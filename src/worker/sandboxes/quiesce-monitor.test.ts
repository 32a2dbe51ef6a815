/**
 * A sandbox that confirms that it has quiesced, checked by its processor time.
 */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { QuiesceMonitor } from './quiesce-monitor.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** `share`: share of processor time that its process uses after it confirmed that it has quiesced. */
function resting(share: number) {
  const clock = new VirtualClock();
  const ends: string[] = [];
  const asked: string[] = [];
  const sandbox: Sandbox = {
    sleeps: true,
    cpuMs: async () => 5_000 + clock.monotonicMs() * share,
    send: () => undefined,
    kill: () => undefined,
  };
  const quiesce = new QuiesceMonitor({
    clock,
    random: new SeededRandom(1),
    send: (message) => void asked.push((message as { nonce: string }).nonce),
    end: (reason) => void ends.push(reason),
  });
  quiesce.begin(sandbox);
  return { clock, quiesce, ends, asked };
}

describe('a quiesced sandbox in a process of its own', () => {
  it('is ended within seconds if its process still computes', async () => {
    const { clock, quiesce, ends, asked } = resting(0.5);
    quiesce.onReply(asked[0]!);
    await clock.advance(5_000);
    expect(ends).toEqual([
      'Code that its slices left behind computed while the sandbox claimed to be quiesced.',
    ]);
  });

  it('is never ended while its process uses almost no processor time', async () => {
    const { clock, quiesce, ends, asked } = resting(0.01);
    quiesce.onReply(asked[0]!);
    await clock.advance(3_600_000);
    expect(ends).toEqual([]);
  });

  it('is not measured any more once it has work', async () => {
    const { clock, quiesce, ends, asked } = resting(1);
    quiesce.onReply(asked[0]!);
    await clock.advance(500);
    quiesce.end();
    await clock.advance(60_000);
    expect(ends).toEqual([]);
  });

  it('is ended if its confirmation has a wrong nonce', () => {
    const { quiesce, ends, asked } = resting(0);
    expect(asked).toHaveLength(1);
    quiesce.onReply('quiesced');
    expect(ends).toEqual(['The sandbox answered a request that was not sent.']);
  });
});
