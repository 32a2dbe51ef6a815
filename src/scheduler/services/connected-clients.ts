/**
 * Those who are connected to this node, as its services see them: sessions implement these interfaces.
 * @module
 */
import type { Customer as WorkerHandle } from '../leasing/matchmaker.js';
import type { WorkerListing } from '../../protocol/messages/operator-messages.js';
import type { ManyhandsError } from '../../lib/errors.js';
import type { Known } from './bans.js';

/** A connection that a ban may hit. */
export interface BannedClient {
  readonly known: Known;
  dismiss(error: ManyhandsError): void;
}

/** A worker's connection. */
export interface ConnectedWorker extends WorkerHandle, BannedClient {
  readonly workerId: string;
  readonly stats: Pick<WorkerListing, 'peer' | 'sinceMs' | 'slices' | 'lost'>;
  /** Another connection of the same worker has come and takes its leases. */
  replaced(): void;
}
