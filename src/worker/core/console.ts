/**
 * Console output of a slice: assigned to the lease of its slice, or dropped.
 * @module
 */
import type { CoreEvent, Effect } from './events.js';
import type { CoreState, LeaseState, Slot } from './state.js';

/** Publishes the message if the slot holds a lease of its slice. */
export function handleConsole(
  state: CoreState,
  event: Extract<CoreEvent, { type: 'console' }>,
  effects: Effect[],
): void {
  const { slot, sliceNumber, level, message, same } = event;
  const lease = leaseOf(state, state.slots[slot]!, sliceNumber);
  if (lease === undefined) return;
  const { leaseId, jobId } = lease;
  effects.push({ type: 'printed', slot, leaseId, jobId, sliceNumber, level, message, same });
}

/** The lease of a slice, including slices that are reported but not acknowledged: console output may follow the outcome. */
function leaseOf(state: CoreState, { slot, sandbox }: Slot, sliceNumber: number): LeaseState | undefined {
  if (sandbox.phase !== 'ready') return undefined;
  for (const lease of state.leases.values()) {
    if (lease.slot !== slot || lease.jobId !== sandbox.jobId) continue;
    if (sliceNumber >= lease.first && sliceNumber < lease.end) return lease;
  }
  return undefined;
}
