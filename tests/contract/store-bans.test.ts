/**
 * Bans and pauses in the store: what is committed behind one another, whatever was known when it was sent.
 * @module
 */
import { expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { orderKeys } from '../../src/scheduler/store/port/command-order.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  offerOf,
  OWNER,
  PAYER,
  perform,
  rangeInput,
  reportOf,
  workerDescription,
} from './store-commands.js';

let store: Store;
let clock: ManualClock;
let random: SeededRandom;

eachStore(7, (made) => ({ store, clock, random } = made));

const statusOf = async (jobId: string) => (await store.status(jobId))!.status;
const mint = (amount: bigint) => perform(store, 'mint', { account: PAYER, amount, mintId: newId(random) });

it('a job is refused after a ban of its owner or of its payer', async () => {
  await mint(100n);
  const paid = offerOf(random, clock, { price: 1n, ceiling: 10n });
  for (const [subject, offer] of [[OWNER], [PAYER, paid]] as const) {
    await perform(store, 'ban', { subject, kind: 'identity', reason: 'spam' });
    await expect(deployJob(store, random, offer)).rejects.toMatchObject({
      code: 'BANNED',
      info: { who: subject, reason: 'spam' },
    });
    await perform(store, 'unban', { subject });
    await deployJob(store, random, offer);
  }
});

it('a job that is resumed without funds is paused for that reason, and continues after a top-up', async () => {
  await mint(10n);
  const jobId = await deployJob(store, random, offerOf(random, clock, { price: 10n, ceiling: 10n }));
  await appendTo(store, random, jobId, rangeInput(2));
  const worker = workerDescription(random);
  const lease = (await leaseFor(store, random, worker))!;
  await perform(store, 'report', reportOf(lease, worker, 1, [1]));
  expect(await statusOf(jobId)).toMatchObject({ runStatus: 'paused', reason: 'nofunds' });
  await perform(store, 'pauseJob', { jobId, reason: 'ask me first' });
  const before = (await statusOf(jobId)).reason;
  expect(before).toBe('ask me first');
  const { events } = await store.commit([{ name: 'resumeJob', jobId }]);
  expect(await statusOf(jobId)).toMatchObject({ runStatus: 'paused', reason: 'nofunds' });
  expect(events.jobs).toMatchObject([{ event: 'paused', reason: 'nofunds' }]);
  await mint(10n);
  const offer = offerOf(random, clock, { price: 10n, ceiling: 20n });
  await perform(store, 'topup', { jobId, owner: OWNER, offer });
  expect((await statusOf(jobId)).runStatus).toBe('running');
});

it('commands that set lease deadlines of one worker keep their order, those of two workers may be reordered', () => {
  const keys = (workerId: string) => [
    orderKeys({ name: 'shortenLeases', workerId }),
    orderKeys({ name: 'reattachLeases', workerId }),
    orderKeys({ name: 'renewLeases', workerId, leaseIds: [] }),
  ];
  expect(keys('a')).toEqual([['worker a'], ['worker a'], ['worker a']]);
  expect(orderKeys({ name: 'shortenLeases', workerId: 'b' })).toEqual(['worker b']);
});
