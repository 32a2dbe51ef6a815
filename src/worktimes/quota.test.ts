/**
 * The ledger of memory, with an engine that really collects.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { Quota } from './quota.js';

const MiB = 1024 * 1024;
const PIECE = 2 * MiB;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function take(quota: Quota, bytes = PIECE): Uint8Array {
  quota.check(bytes);
  const piece = new Uint8Array(bytes);
  quota.hold(piece, bytes);
  return piece;
}

describe('a quota', () => {
  it('refuses what is over it, and lets a little through after that', () => {
    const quota = new Quota(16 * MiB, 'Buffers', MiB);
    const held = Array.from({ length: 8 }, () => take(quota));
    expect(() => take(quota)).toThrow(/^Buffers: 2097152 bytes more would pass this sandbox's 16777216 bytes$/);
    expect(take(quota, 1024)).toHaveLength(1024);
    expect(() => take(quota, 32 * MiB)).toThrow(RangeError);
    expect([held.length, quota.used]).toEqual([8, 16 * MiB + 1024]);
  });

  it('does not hold garbage of one long turn against a job', async () => {
    const quota = new Quota(32 * MiB, 'Buffers');
    await turn();
    let last = 0;
    for (let i = 0; i < 200; i++) last = take(quota).length;
    expect(last).toBe(PIECE);
    expect(quota.used).toBeLessThanOrEqual(quota.limit);
  });

  it('takes no new cohort for what is reserved and given back, so that garbage is still told from what is held', async () => {
    const quota = new Quota(32 * MiB, 'Buffers');
    await turn();
    for (let i = 0; i < 100_000; i++) quota.reserve(7 * MiB)();
    for (let i = 0; i < 100; i++) take(quota);
    expect(quota.used).toBeLessThanOrEqual(quota.limit);
  });

  it('moves what is held, gives back what it shrinks by, and nothing of what stands for others', () => {
    const quota = new Quota(1_000, 'Buffers');
    const [one, next, last] = [{}, {}, {}];
    quota.hold(one, 100);
    quota.count(50);
    quota.draw(one, 50);
    quota.move(one, next, 0);
    quota.move(one, {}, 150);
    quota.releaseAll(one);
    expect(quota.used).toBe(150);
    quota.move(next, last, 120);
    expect(quota.used).toBe(50);
    quota.releaseAll(next);
    expect(quota.used).toBe(50);
    quota.releaseAll(last);
    expect(quota.used).toBe(0);
  });

  it('makes even what was counted with what was drawn, now and then', () => {
    const quota = new Quota(1_000, 'Buffers');
    const one = {};
    quota.count(100);
    quota.draw(one, 64);
    expect(quota.used).toBe(100);
    quota.count(2 ** 35);
    expect(quota.used).toBe(64);
    quota.releaseAll(one);
    expect(quota.used).toBe(0);
  });

  it('counts for ever what is spent', () => {
    const quota = new Quota(1_000, 'Messages');
    quota.spend(900);
    expect(() => quota.spend(200)).toThrow(RangeError);
    expect(quota.left).toBe(100);
  });
}); // prettier-ignore
