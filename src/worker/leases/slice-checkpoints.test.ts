import { expect, it } from 'vitest';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { SliceCheckpoints, type SliceCheckpointsPorts } from './slice-checkpoints.js';

/** What the scheduler was sent, and what the sandboxes were answered. */
function createFixture() {
  const clock = new VirtualClock();
  const sent: { body: unknown; resolve: (reply: object) => void; reject: (error: Error) => void }[] = [];
  const answers: [sliceNumber: number, saved: boolean][] = [];
  const stored: unknown[] = [];
  const checkpoints = new SliceCheckpoints({
    clock,
    client: {
      request: (_type: string, body: unknown) =>
        new Promise((resolve, reject) => sent.push({ body, resolve, reject })),
    } as unknown as SliceCheckpointsPorts['client'],
    leases: { get: () => ({ stored: (one: unknown) => stored.push(one) }) } as never,
    answer: ({ sliceNumber }, saved) => answers.push([sliceNumber, saved]),
  });
  const save = (sliceNumber: number, slot = 0): void => {
    const state = Uint8Array.of(sliceNumber);
    checkpoints.save({
      ...{ type: 'checkpoint' as const, slot, sandboxEpoch: 1, leaseId: 'L', sliceNumber, state },
    });
  };
  const pass = (ms: number): Promise<void> =>
    clock.runUntil(new Promise<void>((resolve) => void clock.after(ms, resolve)), {
      maxMs: 60_000,
      maxTimers: 100,
    });
  return { clock, sent, answers, stored, save, pass };
}

it('answers that a checkpoint is saved after the scheduler has stored it', async () => {
  const { sent, answers, stored, save, pass } = createFixture();
  save(1);
  expect(answers).toEqual([]);
  sent[0]!.resolve({});
  await pass(10);
  expect(answers).toEqual([[1, true]]);
  expect(stored).toEqual([{ sliceNumber: 1, state: Uint8Array.of(1) }]);
});

it('sends none before the last one is answered, or shortly after it, whatever the sandbox posts', async () => {
  const { sent, answers, save, pass } = createFixture();
  for (const slice of [1, 2, 3]) save(slice);
  save(9, 1);
  expect(sent).toHaveLength(2);
  expect(answers).toEqual([
    [2, false],
    [3, false],
  ]);
  sent[0]!.resolve({});
  await pass(500);
  save(4);
  expect(sent).toHaveLength(2);
  await pass(500);
  save(5);
  expect(sent).toHaveLength(3);
});

it('lets the slice go on where the scheduler refuses, or does not answer for some seconds', async () => {
  const { sent, answers, save, pass } = createFixture();
  save(1);
  sent[0]!.reject(new Error('LEASE_LOST'));
  await pass(2_000);
  save(2);
  await pass(6_000);
  expect(answers).toEqual([
    [1, false],
    [2, false],
  ]);
  sent[1]!.resolve({});
  await pass(10);
  expect(answers).toHaveLength(2);
});
