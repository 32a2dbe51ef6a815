/**
 * The answers of `/healthz` and `/readyz`: whether the node's store accepts commits, and whether it can serve clients.
 * @module
 */
import type { SchedulerNode } from './scheduler-node.js';
import type { StoreReport } from '../commit/store-health.js';

export interface Health {
  /** Whether the store accepts commits. */
  ok: boolean;
  store: StoreReport;
  /** Connected workers, and the leases that they hold. */
  workers: number;
  leases: number;
  /** Whether new jobs are refused and no leases are granted. */
  draining: boolean;
}

export interface Readiness {
  ready: boolean;
  draining: boolean;
  /** Why it is not ready. */
  reason?: string;
}

/** The node's current state, without a read of the store. */
export function healthOf(node: SchedulerNode): Health {
  const store = node.commitQueue.health();
  const counts = { workers: node.workers.size, leases: node.leases.size };
  return { ok: store.state === 'ok', store, ...counts, draining: node.draining.isOn };
}

/** Whether the node can serve clients now, and why not. */
export function readinessOf(node: SchedulerNode): Readiness {
  const { state } = node.commitQueue.health();
  const draining = node.draining.isOn;
  if (state !== 'ok') return { ready: false, draining, reason: `the store is ${state}` };
  return draining
    ? { ready: false, draining, reason: 'the scheduler is draining' }
    : { ready: true, draining };
}
