import { expect, test } from 'vitest';
import { FAILED_PROOFS_PER_CONNECTION_MAX } from '../protocol/limits.js';
import { FailedProofs, ProofQueue } from './proof-queue.js';

test('checks one proof after the other, and lets others work between two', async () => {
  let turns = 0;
  let atOnce = 0;
  const queue = new ProofQueue((fn) => setImmediate(() => (turns++, fn())));
  const check = async (i: number): Promise<number> => {
    expect(++atOnce).toBe(1);
    await Promise.resolve();
    atOnce--;
    if (i === 3) throw new Error('wrong');
    return i;
  };
  const ends = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => queue.check(() => check(i))));
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(turns).toBe(50);
  expect(await queue.check(() => check(99))).toBe(99);
});

test('a connection has a few wrong proofs, and then none is checked', () => {
  const proofs = new FailedProofs();
  for (let i = 0; i < FAILED_PROOFS_PER_CONNECTION_MAX; i++) {
    proofs.enter();
    proofs.failed();
  }
  expect(() => proofs.enter()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
});
