/**
 * Credits in units: what must stand in escrow, and how many slices it pays for.
 * @module
 */

/** What escrow must hold in all for `total` slices, within the ceiling. */
export function escrowTarget(price: bigint, total: number, ceiling: bigint): bigint {
  const wanted = price * BigInt(total);
  return wanted < ceiling ? wanted : ceiling;
}

/** Slices beyond those on lease that the escrow left can pay for. */
export function fundedSlices(price: bigint, escrow: bigint, leased: number): number {
  if (price === 0n) return Infinity;
  const slices = escrow / price - BigInt(leased);
  return slices > 0n ? Number(slices) : 0;
}

const UNITS_PER_CREDIT = 10n ** 9n;

/** Units as a decimal number of credits, for people. */
export function formatUnits(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const size = units < 0n ? -units : units;
  const fraction = String(size % UNITS_PER_CREDIT)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / UNITS_PER_CREDIT}${fraction === '' ? '' : `.${fraction}`}`;
}
