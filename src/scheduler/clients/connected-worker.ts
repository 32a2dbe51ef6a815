/**
 * A worker that is connected to this node: its description, what it was granted and what it reported over this connection.
 * @module
 */
import type { ManyhandsError } from '../../lib/errors.js';
import type { SchedulerMessage, WorkerDescription } from '../../protocol/messages/messages.js';
import type { WorkerListing } from '../../protocol/messages/operator-messages.js';
import type { WorkerHandle } from '../leasing/worker-handle.js';
import type { BannableClient, ClientIdentity } from './bans.js';
import { OfferedJobs } from './offered-jobs.js';
import type { ProvedGroups } from './proved-groups.js';
import { SecondCounter } from '../../lib/second-counter.js';

/** How messages reach the worker: the session of its connection. */
export interface WorkerPort {
  /** `address:port` of the peer. */
  readonly peer: string;
  send(message: SchedulerMessage): void;
  /** Sends the reason, and closes the connection. */
  dismiss(error: ManyhandsError): void;
}

export class ConnectedWorker implements WorkerHandle, BannableClient {
  readonly #port: WorkerPort;
  readonly #groups: ProvedGroups;
  readonly #sinceMs: number;
  /** Jobs of which it was granted leases, on this connection or before it reconnected. */
  readonly offered = new OfferedJobs();
  /** Resolves with the ids of the leases that the worker held when it connected. */
  reattached: Promise<string[]> = Promise.resolve([]);
  hasRenewed = false;
  /** Slices that it reported over this connection, and attempts that it reported as lost. */
  slices = 0;
  failures = 0;
  readonly updates = new SecondCounter();
  readonly liveMessages = new SecondCounter();
  /** Releases all its leases; set by the service that connects it. */
  releaseLeases: () => void = () => undefined;
  #description: WorkerDescription;
  /** The description without groups whose secret is not proved; reset when either changes. */
  #visible: WorkerDescription | undefined;

  /** `sinceMs`: wall milliseconds. */
  constructor(port: WorkerPort, description: WorkerDescription, groups: ProvedGroups, sinceMs: number) {
    this.#port = port;
    this.#description = description;
    this.#groups = groups;
    this.#sinceMs = sinceMs;
  }

  get workerId(): string {
    return this.#description.workerId;
  }

  /** Its latest description, without groups whose secret it has not proved. */
  get description(): WorkerDescription {
    this.#visible ??= this.#withProvedGroups();
    return this.#visible;
  }

  set description(description: WorkerDescription) {
    this.#description = description;
    this.#visible = undefined;
  }

  #withProvedGroups(): WorkerDescription {
    const { groups } = this.#description;
    if (groups === undefined) return this.#description;
    return { ...this.#description, groups: groups.filter((group) => this.#groups.has(group)) };
  }

  /** It has proved the secrets of further groups. */
  groupsChanged(): void {
    this.#visible = undefined;
  }

  get identity(): ClientIdentity {
    const { workerId, paymentAddress: address } = this.#description;
    return { workerId, address, peer: this.#port.peer };
  }

  get stats(): Pick<WorkerListing, 'peer' | 'sinceMs' | 'slices' | 'failures'> {
    const { slices, failures } = this;
    return { peer: this.#port.peer, sinceMs: this.#sinceMs, slices, failures };
  }

  send(message: SchedulerMessage): void {
    if (message.type === 'lease.grant') this.offered.add(message.lease.jobId);
    this.#port.send(message);
  }

  /** Closes the connection for that reason; its leases are released at once. */
  dismiss(error: ManyhandsError): void {
    this.releaseLeases();
    this.close(error);
  }

  /** Closes the connection for that reason. Its leases stay, for another connection of the same worker. */
  close(error: ManyhandsError): void {
    this.#port.dismiss(error);
  }
}
