/**
 * A sandbox that says that it rests, seen from outside.
 */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { Quiesce } from './quiesce.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';

/** `share`: processor time that its process takes while it says that it rests, of each second. */
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
  const quiesce = new Quiesce({
    clock,
    random: new SeededRandom(1),
    send: (message) => void asked.push((message as { nonce: string }).nonce),
    end: (reason) => void ends.push(reason),
  });
  quiesce.begin(sandbox);
  return { clock, quiesce, ends, asked };
}

describe('a sandbox that rests in a process of its own', () => {
  it('is ended within seconds where the process computes all the same', async () => {
    const { clock, quiesce, ends, asked } = resting(0.5);
    quiesce.answered(asked[0]!);
    await clock.advance(5_000);
    expect(ends).toEqual(['Code that its slices left behind computed while the sandbox said that it rests.']);
  });

  it('is left alone where the process takes next to nothing, however long', async () => {
    const { clock, quiesce, ends, asked } = resting(0.01);
    quiesce.answered(asked[0]!);
    await clock.advance(3_600_000);
    expect(ends).toEqual([]);
  });

  it('is not looked at any more once it has work', async () => {
    const { clock, quiesce, ends, asked } = resting(1);
    quiesce.answered(asked[0]!);
    await clock.advance(500);
    quiesce.end();
    await clock.advance(60_000);
    expect(ends).toEqual([]);
  });

  it('is ended where the answer is not the one to the question', () => {
    const { quiesce, ends, asked } = resting(0);
    expect(asked).toHaveLength(1);
    quiesce.answered('quiesced');
    expect(ends).toEqual(['The sandbox answered what nobody asked.']);
  });
});
