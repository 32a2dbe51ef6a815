import { expect, it } from 'vitest';
import { createDeployerFixture } from '../../testing/deployer/deployer-fixture.js';
import { longResponse } from '../../testing/long-response.js';
import { BlobTransfers } from './blob-transfers.js';
import { SchedulerClient } from './scheduler-client.js';

it('a body that is longer than announced is refused without reading all of it', async () => {
  const { ports } = createDeployerFixture();
  const { response, sent } = longResponse(64 * 1024 * 1024);
  const blobs = new BlobTransfers(
    { ...ports, fetch: () => Promise.resolve(response) },
    new SchedulerClient(ports),
  );
  await expect(blobs.get({ digest: 'ab'.repeat(32), bytes: 5 })).rejects.toMatchObject({
    code: 'BLOB_MISMATCH',
  });
  expect(sent()).toBeLessThan(1024 * 1024);
});
