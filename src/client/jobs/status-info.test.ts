import { describe, expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';

describe('the status of a job', () => {
  it('has a JSON form, in which credits are decimal strings', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    expect(JSON.parse(JSON.stringify(job.status))).toMatchObject({ runStatus: 'new', paid: '0' });
    let event = '';
    job.on('status', (status) => (event = JSON.stringify(status)));
    await job.deploy();
    await scheduler.complete([{ value: 1 }]);
    await waitUntil(() => event !== '' && job.status.computed === 1);
    expect(JSON.parse(event)).toMatchObject({ runStatus: 'running', paid: '0', job: { id: job.id } });
    expect(JSON.parse(JSON.stringify(job.status))).toMatchObject({ total: 2, computed: 1, paid: '0' });
    expect(JSON.parse(JSON.stringify(await deployer.compute.status(job.id)))).toMatchObject({ paid: '0' });
    expect(JSON.parse(JSON.stringify(await job.cancel()))).toMatchObject({
      runStatus: 'cancelled',
      paid: '0',
    });
  });

  it('has no other enumerable field', () => {
    const { deployer } = createDeployerFixture();
    const { status } = deployer.computeFor([1], (x: number) => x);
    expect(Object.keys(status)).toEqual([
      'runStatus', 'total', 'distributed', 'computed', 'failed', 'workers', 'paid',
    ]); // prettier-ignore
    expect(structuredClone(status).paid).toBe(0n);
  });
});
