/**
 * A job whose scheduler cannot write to its store for a while.
 * @module
 */
import { expect, it } from 'vitest';
import type { ClientMessage } from '../protocol/messages/messages.js';
import { createDeployerFixture, acceleratedClock, waitUntil } from '../testing/deployer/deployer-fixture.js';

it('a job uploads its input, closes and completes once a store that was busy accepts writes again', async () => {
  const { scheduler, deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(20) });
  for (const type of ['job.append', 'job.close', 'job.follow']) scheduler.tap.busyRequests.add(type);
  const running = deployer.computeFor([1, 2, 3], (x: number) => x).exec();
  const asked = (type: ClientMessage['type']): boolean => scheduler.tap.requestsOfType(type).length > 2;
  await waitUntil(() => asked('job.append') && asked('job.follow'));
  expect(scheduler.tap.requestsOfType('job.cancel')).toEqual([]);
  expect(warnings.filter((text) => text.includes('the database is locked by the test'))).toHaveLength(1);
  scheduler.tap.busyRequests.clear();
  await waitUntil(() => scheduler.isFilled);
  expect(scheduler.inputData).toEqual([1, 2, 3]);
  await scheduler.complete([{ value: 1 }, { value: 2 }, { value: 3 }]);
  expect([...(await running)]).toEqual([1, 2, 3]);
});
