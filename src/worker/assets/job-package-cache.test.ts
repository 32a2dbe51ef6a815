/**
 * The checks of a job package before the job runs.
 */
import { expect, it } from 'vitest';
import { encodeJobPackage, packageDigest } from '../../protocol/job/job-package-codec.js';
import type { WireOffer } from '../../protocol/messages/messages.js';
import { PLAIN_PACKAGE } from '../../testing/scheduler/scheduler-fixture.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { JobPackageCache } from './job-package-cache.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { BlobCache } from './blob-cache.js';

const PACKAGE = encodeJobPackage(PLAIN_PACKAGE);
const DIGEST = packageDigest(PACKAGE);
const OWNER = `0x${'a'.repeat(40)}`;
const JOB = 'J'.repeat(22);

const OFFER: WireOffer = {
  account: `0x${'b'.repeat(40)}`,
  owner: OWNER,
  packageDigest: DIGEST,
  pricePerSlice: 1n,
  ceiling: 10n,
  acceptBeforeMs: 1_800_000_000_000,
  nonce: '0'.repeat(64),
  signature: `0x${'1'.repeat(130)}`,
};

function jobsWith(offer: WireOffer): JobPackageCache {
  const request = () => Promise.resolve({ package: PACKAGE, owner: OWNER, offer });
  return new JobPackageCache({
    client: { request } as unknown as SchedulerRequests,
    blobs: {} as BlobCache,
    worktimes: () => WORKTIMES,
    worktimeFiles: () => Promise.resolve({}),
    owners: undefined,
  });
}

it('a worker accepts a job whose offer names its package and its owner', async () => {
  expect(await jobsWith(OFFER).get(JOB, DIGEST)).toMatchObject({ owner: OWNER, digest: DIGEST });
});

it.each([
  ['another package', { packageDigest: '1'.repeat(64) }],
  ['jobs of another owner', { owner: `0x${'c'.repeat(40)}` }],
])('a worker refuses a job whose offer is for %s', async (_what, other) => {
  await expect(jobsWith({ ...OFFER, ...other }).get(JOB, DIGEST)).rejects.toMatchObject({
    code: 'OFFER_MISMATCH',
    info: { jobId: JOB },
  });
});
