/**
 * Raises the ceiling of a job that pays, from any process of its owner: its terms come from the scheduler, and the account
 * that pays signs a further offer.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { toHex } from '../../lib/crypto/ids.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import { findAddress, type Keystore } from '../../wallet/keystore.js';
import { signOffer } from '../../wallet/offer.js';
import type { DeployerContext } from '../connection/context.js';

const ACCEPT_MS = 600_000;

/**
 * @param ceiling units, for the whole job
 * @param keystore of the account that pays. @default the wallet's account
 * @throws JOB_STATE where it pays nothing, OFFER_MISMATCH where another account pays or the ceiling is lower than before
 */
export async function topUpJob(
  { link, ports }: DeployerContext,
  jobId: string,
  ceiling: bigint,
  keystore?: Keystore,
): Promise<JobStatus> {
  const { schedulerId, owner } = await link.open();
  const { packageDigest, account, pricePerSlice } = await link.request('job.terms', { jobId });
  if (account === undefined) {
    throw new ManyhandsError('JOB_STATE', `Job ${jobId} pays nothing: there is no ceiling to raise.`, {
      jobId,
    });
  }
  const payer = keystore ?? (await ports.wallet.get());
  const address = await findAddress(payer);
  if (address !== account) {
    const text = `Job ${jobId} is paid by ${account}, and the keystore is of ${address}: sign with that account's.`;
    throw new ManyhandsError('OFFER_MISMATCH', text, { jobId });
  }
  await link.syncClock();
  const offer = await signOffer(payer, {
    schedulerId,
    owner,
    packageDigest,
    pricePerSlice,
    ceiling,
    acceptBeforeMs: Math.floor(link.schedulerWallMs() + ACCEPT_MS),
    nonce: toHex(ports.random.bytes(32)),
  });
  return (await link.request('job.topup', { jobId, offer })).status;
}
