/**
 * What the services of a scheduler node work with: its options, and the state of its connections that they share.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import type { BlobStore, BlobTickets } from '../blobs/blob-store.js';
import type { BlobValues } from '../blobs/blob-values.js';
import type { CommitQueue } from '../commit/commit-queue.js';
import type { LeaseRegistry } from '../leasing/lease-registry.js';
import type { Matchmaker } from '../leasing/matchmaker.js';
import type { Log } from '../log/log.js';
import type { Store } from '../store/port/store.js';
import type { BannableClient, Bans } from '../clients/bans.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import type { Draining } from './draining.js';
import type { Followers } from '../clients/followers.js';
import type { ProofQueue } from '../clients/proof-queue.js';

export interface SchedulerNodeOptions {
  store: Store;
  blobs: BlobStore;
  clock: Clock;
  random: Random;
  /** Schedules a callback after pending I/O events (setImmediate in Node). */
  defer: (fn: () => void) => void;
  log: Log;
  worktimes: readonly WorktimeName[];
  /** Units; a job that offers less for a slice is refused. */
  minimumPrice: bigint;
  /** The token that an operator sends in its hello. */
  operatorToken: string;
}

export interface ServiceContext {
  readonly options: SchedulerNodeOptions;
  readonly commitQueue: CommitQueue;
  readonly followers: Followers;
  readonly leases: LeaseRegistry;
  readonly matchmaker: Matchmaker;
  readonly tickets: BlobTickets;
  readonly blobValues: BlobValues;
  readonly proofs: ProofQueue;
  readonly bans: Bans;
  readonly draining: Draining;
  /** Connected workers by id: a worker that reconnects replaces its old connection. */
  readonly workers: Map<string, ConnectedWorker>;
  /** All connected clients that have sent their hello. */
  readonly clients: Set<BannableClient>;
}

/** A command that was accepted, in the order of the calls, and is not committed yet. */
export interface Submitted<R> {
  readonly done: Promise<R>;
}
