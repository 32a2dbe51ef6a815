import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.js';
import { newId } from '../../lib/crypto/ids.js';
import { systemRandom } from '../../lib/crypto/random.js';
import { memoryStorage } from '../../lib/storage/storage.js';
import {
  OPERATOR,
  SchedulerFixture,
  type TestConnection,
} from '../../testing/scheduler/scheduler-fixture.js';
import { signChallenge } from '../../wallet/session-proof.js';
import { createWallet } from '../../wallet/wallet.js';

let fixture: SchedulerFixture;
beforeEach(async () => void (fixture = await SchedulerFixture.start()));
afterEach(() => fixture.close());

/** A deployer with a proved address that owns no jobs. */
async function otherDeployer(): Promise<TestConnection> {
  const wallet = createWallet({
    storage: memoryStorage(),
    clock: systemClock,
    random: systemRandom,
    place: 'memory',
  });
  const keystore = await wallet.getId();
  const connection = fixture.connect({ role: 'deployer' });
  const { schedulerId, challenge } = await connection.waitForMessage((m) => m.type === 'welcome');
  const signature = await signChallenge(keystore, { schedulerId, challenge });
  const { refused } = await connection.request({
    type: 'session.prove',
    id: 1,
    address: keystore.address,
    signature,
  });
  expect(refused).toBeUndefined();
  return connection;
}

test('the scheduler refuses to list jobs after an unknown job or another owner’s', async () => {
  const [first, second] = [await fixture.deploy(), await fixture.deploy()];
  const operator = fixture.operator();
  const ask = (
    connection: TestConnection,
    after: string,
    id: number,
  ): ReturnType<TestConnection['request']> => connection.request({ type: 'job.list', id, after, limit: 5 });
  const pages = [await ask(operator, first, 1), await ask(operator, second, 2)];
  const listed = pages.flatMap(({ body }) => (body as { jobs: { status: { jobId: string } }[] }).jobs);
  // Both have the same creation time, so one of them is listed after the other.
  expect(listed).toHaveLength(1);
  expect((await ask(operator, newId(fixture.random), 3)).refused?.code).toBe('JOB_UNKNOWN');
  expect((await ask(await otherDeployer(), first, 4)).refused?.code).toBe('JOB_UNKNOWN');
});

test('the scheduler refuses access to another owner’s job without naming the owner', async () => {
  const jobId = await fixture.deploy();
  const connection = await otherDeployer();
  for (const [id, message] of [
    { type: 'job.status' as const },
    { type: 'job.cancel' as const, reason: 'mine' },
    { type: 'job.follow' as const, after: 0, windowBytes: 1_000 },
  ].entries()) {
    const { refused } = await connection.request({ ...message, id: id + 10, jobId });
    expect(refused).toMatchObject({ code: 'NOT_OWNER', info: { jobId } });
    expect(JSON.stringify(refused)).not.toContain(OPERATOR);
  }
});
