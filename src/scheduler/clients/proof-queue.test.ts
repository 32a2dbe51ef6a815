import { expect, test } from 'vitest';
import { FAILED_PROOFS_PER_CONNECTION_MAX } from '../../protocol/limits.js';
import { FailedProofs, ProofQueue } from './proof-queue.js';

test('the proof queue checks one proof after the other and yields between two', async () => {
  let turns = 0;
  let atOnce = 0;
  const queue = new ProofQueue((fn) => setImmediate(() => (turns++, fn())));
  const check = async (i: number): Promise<number> => {
    expect(++atOnce).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce--;
    if (i === 3) throw new Error('wrong');
    return i;
  };
  const ends = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => queue.check(() => check(i))));
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(turns).toBe(50);
  expect(await queue.check(() => check(99))).toBe(99);
});

test("after too many failed proofs a connection's further proofs are not checked", () => {
  const proofs = new FailedProofs();
  for (let i = 0; i < FAILED_PROOFS_PER_CONNECTION_MAX; i++) {
    proofs.checkLimit();
    proofs.failed();
  }
  expect(() => proofs.checkLimit()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
});

test('the proof queue counts failed proofs only', async () => {
  const proofs = new FailedProofs();
  let checked = 0;
  const check = (isRight: boolean) => (): Promise<boolean> => {
    checked++;
    return isRight ? Promise.resolve(true) : Promise.reject(new Error('wrong'));
  };
  for (let i = 0; i < FAILED_PROOFS_PER_CONNECTION_MAX; i++) {
    expect(await proofs.count(check(true))).toBe(true);
    await expect(proofs.count(check(false))).rejects.toThrow('wrong');
  }
  checked = 0;
  await expect(proofs.count(check(true))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(checked).toBe(0);
});
