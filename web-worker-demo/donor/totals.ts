/**
 * Totals of all visits with this browser. What it has earned is known to the ledger only.
 * @module
 */
import type { PageStore } from './page-store.js';

export interface Totals {
  /** With those that failed. */
  slices: number;
  /** Slices whose outcome is an error of their job. */
  failed: number;
  /** Time in work functions, milliseconds. */
  computeMs: number;
}

const RECORD = 'totals';

export const NOTHING: Totals = { slices: 0, failed: 0, computeMs: 0 };

export function readTotals(store: PageStore): Totals {
  const stored = store.read(RECORD);
  const kept = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const slices = countOf(kept.slices);
  const { computeMs } = kept;
  return {
    slices,
    failed: Math.min(countOf(kept.failed), slices),
    computeMs: Number.isFinite(computeMs) && (computeMs as number) >= 0 ? (computeMs as number) : 0,
  };
}

export function writeTotals(store: PageStore, { slices, failed, computeMs }: Totals): void {
  store.write(RECORD, { slices, failed, computeMs: Math.round(computeMs) });
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices + b.slices,
    failed: a.failed + b.failed,
    computeMs: a.computeMs + b.computeMs,
  };
}

/** `a` minus `b`, which is a part of it. */
export function subtractTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices - b.slices,
    failed: a.failed - b.failed,
    computeMs: a.computeMs - b.computeMs,
  };
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
}
