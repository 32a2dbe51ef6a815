/**
 * Console lines of slices carry the number of the attempt that printed them.
 */
import { afterEach, expect, test } from 'vitest';
import type { Lease, SchedulerMessage } from '../protocol/messages/messages.js';
import { rangeFromBounds } from '../protocol/input/ranges.js';
import { SchedulerFixture, type TestConnection } from '../testing/scheduler/scheduler-fixture.js';

let fixture: SchedulerFixture;
afterEach(() => fixture.close());

async function granted(worker: TestConnection): Promise<Lease> {
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  return (await worker.waitForMessage((m) => m.type === 'lease.grant')).lease;
}

const print = (worker: TestConnection, { leaseId }: Lease, message: string): void =>
  worker.receive({ type: 'slice.console', leaseId, sliceNumber: 1, level: 'log', message });

test('a console line carries the attempt number of its slice, also after its worker reconnects', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const follower = fixture.operator();
  await follower.request({ type: 'job.follow', id: 1, jobId, after: 0, windowBytes: 1_000_000 });
  const attemptAt = async (message: string): Promise<number> =>
    (
      await follower.waitForMessage(
        (m): m is Extract<SchedulerMessage, { type: 'job.console' }> =>
          m.type === 'job.console' && m.message === message,
      )
    ).attempt;

  const first = fixture.worker();
  const lease = await granted(first);
  print(first, lease, 'one');
  expect(await attemptAt('one')).toBe(1);
  const { leaseId } = lease;
  const failure = { code: 'SANDBOX_CRASHED', message: 'its sandbox ended' };
  await first.request({ type: 'lease.report', id: 2, leaseId, first: 1, count: 0, computeMs: 1, failure });

  const workerId = 'W'.repeat(22);
  const second = fixture.worker({ workerId });
  const again = await granted(second);
  print(second, again, 'two');
  expect(await attemptAt('two')).toBe(2);
  second.disconnect();
  const back = fixture.worker({ workerId });
  await back.waitForMessage((m) => m.type === 'welcome');
  await expect.poll(() => fixture.core.leases.size).toBe(1);
  print(back, again, 'three');
  expect(await attemptAt('three')).toBe(2);
});
