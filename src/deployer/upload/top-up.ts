/**
 * Raises the ceiling of a paid job from any process of its owner: the terms are requested from the scheduler, and the
 * paying account signs another offer.
 * @module
 */
import type { CallOptions } from '../../client/jobs/call-options.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import { findAddress, type Keystore } from '../../wallet/keystore.js';
import type { DeployerContext } from '../connection/context.js';
import { ACCEPT_MS_DEFAULT } from '../package/payment.js';
import { signTerms } from '../package/sign-terms.js';

export interface TopUpOptions extends CallOptions {
  /** Time in which the scheduler may accept the offer, milliseconds. */
  acceptMs?: number | undefined;
}

/**
 * Signs and sends an offer with a higher ceiling. Resolves with the status of the job.
 * @param ceiling units, for the whole job
 * @param keystore that of the paying account; by default the wallet's
 * @throws JOB_STATE if the job is free, OFFER_MISMATCH if another account pays or the ceiling is lower than before
 */
export async function topUpJob(
  context: DeployerContext,
  jobId: string,
  ceiling: bigint,
  keystore?: Keystore,
  { acceptMs = ACCEPT_MS_DEFAULT, signal }: TopUpOptions = {},
): Promise<JobStatus> {
  const { client, ports } = context;
  const { packageDigest, account, pricePerSlice } = await client.request('job.terms', { jobId }, { signal });
  if (account === undefined) {
    throw new ManyhandsError('JOB_STATE', `Job ${jobId} is free: it has no ceiling to raise.`, {
      jobId,
    });
  }
  const payer = keystore ?? (await ports.wallet.get());
  const address = await findAddress(payer);
  if (address !== account) {
    const text = `Job ${jobId} is paid by ${account}, but the keystore is that of ${address}: use the keystore of the paying account.`;
    throw new ManyhandsError('OFFER_MISMATCH', text, { jobId });
  }
  signal?.throwIfAborted();
  const offer = await signTerms(context, payer, packageDigest, { pricePerSlice, ceiling, acceptMs });
  return (await client.request('job.topup', { jobId, offer }, { signal })).status;
}
