/**
 * What this browser has given in all its visits. What it has earned is the ledger's to say.
 * @module
 */
import type { PageStore } from './page-store.js';

export interface Totals {
  slices: number;
  /** Time in work functions, milliseconds. */
  computeMs: number;
}

const RECORD = 'totals';

export const NOTHING: Totals = { slices: 0, computeMs: 0 };

export function readTotals(store: PageStore): Totals {
  const stored = store.read(RECORD);
  const { slices, computeMs } = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<
    string,
    unknown
  >;
  return {
    slices: Number.isSafeInteger(slices) && (slices as number) >= 0 ? (slices as number) : 0,
    computeMs: Number.isFinite(computeMs) && (computeMs as number) >= 0 ? (computeMs as number) : 0,
  };
}

export function writeTotals(store: PageStore, { slices, computeMs }: Totals): void {
  store.write(RECORD, { slices, computeMs: Math.round(computeMs) });
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices + b.slices,
    computeMs: a.computeMs + b.computeMs,
  };
}

/** `a` without `b`, which is a part of it. */
export function subtractTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices - b.slices,
    computeMs: a.computeMs - b.computeMs,
  };
}
