/**
 * The leases that a worker holds, each with its resources. A lease that ends is disposed of exactly once.
 * @module
 */
import type { LeaseId } from '../../protocol/messages/messages.js';
import type { LeaseInputs } from './lease-inputs.js';
import { LeaseResources, type LeaseResourcesPorts } from './lease-resources.js';

export class WorkerLeases {
  readonly #ports: LeaseResourcesPorts;
  readonly #leases = new Map<LeaseId, LeaseResources>();

  constructor(ports: LeaseResourcesPorts) {
    this.#ports = ports;
  }

  /** Number of leases that are held. */
  get size(): number {
    return this.#leases.size;
  }

  get(leaseId: LeaseId): LeaseResources | undefined {
    return this.#leases.get(leaseId);
  }

  /** A lease was granted. */
  add(leaseId: LeaseId, inputs: LeaseInputs): void {
    this.#leases.set(leaseId, new LeaseResources(inputs, this.#ports));
  }

  /** The lease has ended: its resources are freed. */
  end(leaseId: LeaseId): void {
    const resources = this.#leases.get(leaseId);
    this.#leases.delete(leaseId);
    resources?.dispose();
  }

  /** Ends all leases: the worker has stopped. */
  close(): void {
    for (const leaseId of [...this.#leases.keys()]) this.end(leaseId);
  }
}
