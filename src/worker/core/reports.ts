/**
 * The account of reports on their way: how many and how heavy, until the scheduler has answered each.
 * @module
 */
import type { Effect, LossCode } from './events.js';
import type { CoreState, LeaseState, ReportState } from './state.js';

/** Sends a report and keeps its account until it is answered. */
export function addReport(
  state: CoreState,
  lease: LeaseState,
  what: {
    first: number;
    count: number;
    computeMs: number;
    segment?: Uint8Array;
    lost?: { code: LossCode; message: string };
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
  effects.push({ type: 'report', report, leaseId: lease.leaseId, ...what });
}

/** The report needs no answer any more. */
export function closeReport(state: CoreState, entry: ReportState): void {
  state.reports.delete(entry.report);
  entry.lease.inFlight--;
  const slot = state.slots[entry.lease.slot]!;
  slot.unackedBytes -= entry.bytes;
  slot.unackedReports--;
}
