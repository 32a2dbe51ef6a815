/**
 * Signs the payment offer of a job: the first one, and those that raise its ceiling.
 * @module
 */
import { toHex } from '../../lib/crypto/ids.js';
import type { WireOffer } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import { signOffer } from '../../wallet/offer.js';
import type { DeployerContext } from '../connection/context.js';
import type { ResolvedOffer } from './payment.js';

/** @param payer the keystore of the paying account */
export async function signTerms(
  { connection, ports }: DeployerContext,
  payer: Keystore,
  packageDigest: string,
  { pricePerSlice, ceiling, acceptMs }: ResolvedOffer,
): Promise<WireOffer> {
  const { schedulerId, owner } = await connection.open();
  const nowMs = await connection.schedulerWallMs();
  return signOffer(payer, {
    schedulerId,
    owner,
    packageDigest,
    pricePerSlice,
    ceiling,
    acceptBeforeMs: Math.floor(nowMs + acceptMs),
    nonce: toHex(ports.random.bytes(32)),
  });
}
