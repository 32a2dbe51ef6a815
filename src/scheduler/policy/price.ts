/**
 * Prices in units (1 credit = 10^9 units): the credits a job needs in escrow, and the slices that they pay for.
 * @module
 */

/** Units that escrow must hold for so many slices that are not done; never more than what is left of the ceiling. */
export function escrowTarget(price: bigint, slices: number, ceilingLeft: bigint): bigint {
  const cost = price * BigInt(slices);
  return cost < ceilingLeft ? cost : ceilingLeft;
}

/** Slices that the remaining escrow can pay for besides the leased ones; Infinity at price 0. */
export function fundedSlices(price: bigint, escrow: bigint, leased: number): number {
  if (price === 0n) return Infinity;
  const slices = escrow / price - BigInt(leased);
  return slices > 0n ? Number(slices) : 0;
}

const UNITS_PER_CREDIT = 10n ** 9n;

/** Formats units as a decimal number of credits, for messages. */
export function formatUnits(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const size = units < 0n ? -units : units;
  const fraction = String(size % UNITS_PER_CREDIT)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / UNITS_PER_CREDIT}${fraction === '' ? '' : `.${fraction}`}`;
}
