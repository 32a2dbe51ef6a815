/**
 * How many answers to reports a store keeps: the latest ones, however fast workers report.
 * @module
 */
import { expect, it } from 'vitest';
import { REPORT_REPLIES_KEPT_MAX, LEASE_SLICES_MAX } from '../../src/protocol/limits.js';
import type { Lease } from '../../src/protocol/messages/messages.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf } from './store-fixture.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  perform,
  rangeInput,
  reportOf,
  ManualClock,
  workerDescription,
} from './store-commands.js';

const BATCH = 256;

it('a store at its limit of kept replies drops only the oldest one', async () => {
  const clock = new ManualClock();
  const random = new SeededRandom(1);
  const store = openSqliteStore({ clock, random });
  await appendTo(store, random, await deployJob(store, random), rangeInput(10_000_000));
  const worker = workerDescription(random);
  const next = async (): Promise<Lease> => (await leaseFor(store, random, worker))!;
  let lease = await next();
  for (; lease.count < LEASE_SLICES_MAX; lease = await next()) {
    const ones = Array.from({ length: lease.count }, () => 1);
    await perform(store, 'report', { ...reportOf(lease, worker, lease.first, ones), computeMs: 0 });
  }
  const one = (i: number) => reportOf(lease, worker, lease.first + i, [1]);
  const first = await perform(store, 'report', one(0));
  const second = await perform(store, 'report', one(1));
  for (let i = 2; i < REPORT_REPLIES_KEPT_MAX; i += BATCH) {
    const count = Math.min(BATCH, REPORT_REPLIES_KEPT_MAX - i);
    const { outcomes } = await store.commit(
      Array.from({ length: count }, (_, k) => ({ name: 'report' as const, ...one(i + k) })),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
  }
  expect(await perform(store, 'report', one(0))).toEqual(first);
  const more = await next();
  await perform(store, 'report', reportOf(more, worker, more.first, [1]));
  expect(await codeOf(perform(store, 'report', one(0)))).toBe('LEASE_LOST');
  expect(await perform(store, 'report', one(1))).toEqual(second);
  await store.close();
});
