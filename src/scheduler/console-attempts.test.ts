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

/** Follows the job; the returned function resolves with the attempt number of the line with that message. */
async function attemptsOf(jobId: string): Promise<(message: string) => Promise<number>> {
  const follower = fixture.operator();
  await follower.request({ type: 'job.follow', id: 1, jobId, after: 0, windowBytes: 1_000_000 });
  type ConsoleLine = Extract<SchedulerMessage, { type: 'job.console' }>;
  return async (message) =>
    (
      await follower.waitForMessage(
        (m): m is ConsoleLine => m.type === 'job.console' && m.message === message,
      )
    ).attempt;
}

test('each attempt that was revoked without progress raises the attempt number of console lines by one', async () => {
  fixture = await SchedulerFixture.start();
  const attemptAt = await attemptsOf(await fixture.deploy(rangeFromBounds(1, 1)));
  const seen: number[] = [];
  for (const letter of ['A', 'B', 'C']) {
    const workerId = letter.repeat(22);
    const worker = fixture.worker({ workerId });
    const lease = await granted(worker);
    print(worker, lease, letter);
    seen.push(await attemptAt(letter));
    await fixture.core.commitQueue.submit('revokeLease', { leaseId: lease.leaseId, workerId });
  }
  expect(seen).toEqual([1, 2, 3]);
});

test('a console line carries the attempt number of its slice, also after its worker reconnects', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const attemptAt = await attemptsOf(jobId);

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
