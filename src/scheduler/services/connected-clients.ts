/**
 * The clients that are connected to this node, as its services see them: sessions implement these interfaces.
 * @module
 */
import type { WorkerHandle } from '../leasing/matchmaker.js';
import type { WorkerListing } from '../../protocol/messages/operator-messages.js';
import type { ManyhandsError } from '../../lib/errors.js';
import type { ClientIdentity } from './bans.js';

/** A connection that a ban can end. */
export interface BannableClient {
  readonly identity: ClientIdentity;
  dismiss(error: ManyhandsError): void;
}

/** A worker's connection. */
export interface ConnectedWorker extends WorkerHandle, BannableClient {
  readonly workerId: string;
  readonly stats: Pick<WorkerListing, 'peer' | 'sinceMs' | 'slices' | 'failures'>;
  /** The same worker has opened another connection, which takes over its leases. */
  replaced(): void;
}
