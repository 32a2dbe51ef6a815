/**
 * What `/healthz` and `/readyz` say of a node: whether its store takes commits, and whether it takes clients.
 * @module
 */
import type { Core } from './core.js';
import type { StoreReport } from '../commit/store-health.js';

export interface Health {
  /** Whether all is well: the store takes commits. */
  ok: boolean;
  store: StoreReport;
  /** Workers that are connected, and leases that they hold. */
  workers: number;
  leases: number;
  /** Takes no new jobs, and lends nothing more. */
  draining: boolean;
}

export interface Readiness {
  ready: boolean;
  draining: boolean;
  /** Why it is not. */
  reason?: string;
}

/** The node as it is now; asks nobody. */
export function healthOf(core: Core): Health {
  const store = core.tick.health();
  const counts = { workers: core.workers.size, leases: core.leases.size };
  return { ok: store.state === 'ok', store, ...counts, draining: core.isDraining };
}

/** Whether the node can serve clients now. */
export function readinessOf(core: Core): Readiness {
  const { state } = core.tick.health();
  const draining = core.isDraining;
  if (state !== 'ok') return { ready: false, draining, reason: `the store is ${state}` };
  return draining
    ? { ready: false, draining, reason: 'the scheduler is draining' }
    : { ready: true, draining };
}
