/**
 * A job whose scheduler cannot write to its store for a while.
 * @module
 */
import { expect, it } from 'vitest';
import { deployerRig, hurriedClock, until } from '../testing/deployer/deployer-rig.js';

it('a job uploads its input, closes and completes once a store that was busy accepts writes again', async () => {
  const { stub, deployer, warnings } = deployerRig({ clock: hurriedClock(20) });
  for (const type of ['job.append', 'job.close', 'job.follow']) stub.busy.add(type);
  const running = deployer.computeFor([1, 2, 3], (x: number) => x).exec();
  const asked = (type: string): boolean => stub.requests(type).length > 2;
  await until(() => asked('job.append') && asked('job.follow'));
  expect(stub.requests('job.cancel')).toEqual([]);
  expect(warnings.filter((text) => text.includes('somebody holds the database'))).toHaveLength(1);
  stub.busy.clear();
  await until(() => !stub.job.open);
  expect(stub.data()).toEqual([1, 2, 3]);
  stub.outcome(stub.job, 1, [{ value: 1 }, { value: 2 }, { value: 3 }]);
  expect([...(await running)]).toEqual([1, 2, 3]);
});
