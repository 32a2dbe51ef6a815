/**
 * What this browser has given in all its visits. Units of credits are kept as text: JSON has no bigint.
 * @module
 */
import type { PageStore } from './page-store.js';

export interface Totals {
  slices: number;
  /** Time in work functions, milliseconds. */
  computeMs: number;
  /** Units (1 credit = 10^9 units). */
  earned: bigint;
}

const RECORD = 'totals';

export const NOTHING: Totals = { slices: 0, computeMs: 0, earned: 0n };

export function readTotals(store: PageStore): Totals {
  const stored = store.read(RECORD);
  const { slices, computeMs, earned } = (
    typeof stored === 'object' && stored !== null ? stored : {}
  ) as Record<string, unknown>;
  return {
    slices: Number.isSafeInteger(slices) && (slices as number) >= 0 ? (slices as number) : 0,
    computeMs: Number.isFinite(computeMs) && (computeMs as number) >= 0 ? (computeMs as number) : 0,
    earned: typeof earned === 'string' && /^\d{1,30}$/.test(earned) ? BigInt(earned) : 0n,
  };
}

export function writeTotals(store: PageStore, { slices, computeMs, earned }: Totals): void {
  store.write(RECORD, { slices, computeMs: Math.round(computeMs), earned: String(earned) });
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices + b.slices,
    computeMs: a.computeMs + b.computeMs,
    earned: a.earned + b.earned,
  };
}

/** `a` without `b`, which is a part of it. */
export function subtractTotals(a: Totals, b: Totals): Totals {
  return {
    slices: a.slices - b.slices,
    computeMs: a.computeMs - b.computeMs,
    earned: a.earned - b.earned,
  };
}
