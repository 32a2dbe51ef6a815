import { beforeEach, describe, expect, it } from 'vitest';
import { delay } from '../../lib/clock.js';
import { FakeLeaseStore } from '../../testing/worker/fake-lease-store.js';
import { ManyhandsError } from '../../lib/errors.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { silent } from '../log/log.js';
import type { Command, Committed } from '../store/port/store.js';
import { CommitQueue } from './commit-queue.js';

/** A store whose commits take a time for the disk, and a time for each command. */
class SlowStore extends FakeLeaseStore {
  readonly sizes: number[] = [];

  constructor(
    readonly clock: VirtualClock,
    readonly diskMs: number,
    readonly commandMs: number,
  ) {
    super();
  }

  override async commit(commands: readonly Command[]): Promise<Committed> {
    this.sizes.push(commands.length);
    const workMs = commands.length * this.commandMs;
    await delay(this.clock, this.diskMs + workMs);
    return { ...(await super.commit(commands)), workMs };
  }
}

const COMMANDS = 2_048;
let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock();
});

/** Submits so many commands at once, and waits until all are committed. */
async function commitAll(store: SlowStore): Promise<void> {
  const commitQueue = new CommitQueue({
    store,
    clock,
    defer: (fn) => void clock.after(0, fn),
    log: silent,
    onCommitted: () => undefined,
  });
  const body = { leaseId: 'grantLease', workerId: 'worker' };
  const all = Promise.all(Array.from({ length: COMMANDS }, () => commitQueue.submit('revokeLease', body)));
  await clock.run();
  await all;
}

describe('the size of a commit', () => {
  it('does not shrink when only the disk is slow, because smaller commits would wait for it more often', async () => {
    const store = new SlowStore(clock, 40, 0.01);
    await commitAll(store);
    expect(store.sizes).toEqual(Array.from({ length: 8 }, () => 256));
  });

  it('shrinks when the commands themselves are slow, so that other clients are served between two commits', async () => {
    const store = new SlowStore(clock, 0, 1);
    await commitAll(store);
    expect(store.sizes.at(0)).toBe(256);
    expect(store.sizes.at(-2)).toBe(16);
  });
});

describe('a store that has failed', () => {
  it('is tried again with the back-off, whatever the failure is', async () => {
    let commits = 0;
    const store = new FakeLeaseStore();
    const commit = store.commit.bind(store);
    store.commit = (commands) => {
      commits += 1;
      if (commits === 1) throw new ManyhandsError('STORE_BUSY', 'locked');
      if (commits <= 500) throw new Error('not a failure that the queue knows');
      return commit(commands);
    };
    const defer = (fn: () => void): void => void clock.after(0, fn);
    const commitQueue = new CommitQueue({ store, clock, defer, log: silent, onCommitted: () => undefined });
    const submitted = commitQueue.submit('revokeLease', { leaseId: 'lease', workerId: 'worker' });
    submitted.catch(() => undefined);
    await clock.advance(10_000);
    expect(commits).toBeLessThan(30);
    await expect(submitted).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
