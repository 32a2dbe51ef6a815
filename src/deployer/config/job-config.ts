/**
 * What was set for a job when it was deployed. It is packed and frozen: later changes of the objects that the user passed
 * have no effect.
 * @module
 */
import type { Keystore } from '../../wallet/keystore.js';
import type { PackSettings } from '../package/package.js';
import type { ResolvedOffer } from '../package/payment.js';
import type { ReadAheadLimits } from './read-ahead-limits.js';

export interface JobConfig extends PackSettings {
  readonly jobId: string;
  /** Whether the job is closed after its input. */
  readonly autoClose: boolean;
  readonly readAhead: Required<ReadAheadLimits>;
  readonly terms: ResolvedOffer;
  /** Sent with the job, and no part of its package: workers do not get them. */
  readonly details: { tags?: string[]; metadata?: Uint8Array };
  /** Signs the offer. If undefined, the wallet's account signs it, and the offer of a free job is not signed. */
  readonly payer: Keystore | undefined;
}
