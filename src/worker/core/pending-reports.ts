/**
 * Accounting of reports that are sent and not yet acknowledged: their number and bytes, per lease and per slot.
 * @module
 */
import type { Effect, AttemptFailure } from './events.js';
import type { CoreState, LeaseState, ReportState } from './state.js';

/** Sends a report and accounts for it until it is acknowledged. */
export function addReport(
  state: CoreState,
  lease: LeaseState,
  what: {
    first: number;
    count: number;
    computeMs: number;
    reached: number;
    segment?: Uint8Array;
    failure?: AttemptFailure;
  },
  effects: Effect[],
): void {
  const report = ++state.lastReport;
  const bytes = what.segment?.byteLength ?? 0;
  state.reports.set(report, { report, lease, first: what.first, bytes });
  lease.inFlight++;
  const slot = state.slots[lease.slot]!;
  slot.unackedBytes += bytes;
  slot.unackedReports++;
  const { leaseId, jobId } = lease;
  effects.push({ type: 'report', report, leaseId, jobId, slot: slot.slot, ...what });
}

/** Ends the accounting of a report. */
export function closeReport(state: CoreState, entry: ReportState): void {
  state.reports.delete(entry.report);
  entry.lease.inFlight--;
  const slot = state.slots[entry.lease.slot]!;
  slot.unackedBytes -= entry.bytes;
  slot.unackedReports--;
}
