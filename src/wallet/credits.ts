/**
 * Amounts of credits in exact arithmetic: 1 credit is 10^9 units, and units are integers.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { describeValue } from '../lib/options.js';
import { UNITS_MAX } from '../lib/units.js';

export const UNITS_PER_CREDIT = 10n ** 9n;

const DECIMALS = 9;
const NUMBER_PATTERN = /^([0-9]{1,30})(?:\.([0-9]{1,30}))?(?:e([+-]?[0-9]{1,3}))?$/;

/**
 * Converts credits to units. A number is taken as the decimal that it prints as, so 0.1 is exactly a tenth.
 * @throws INVALID_ARGUMENT if the amount is negative, not a number, too large, or has more than 9 decimals
 */
export function toUnits(credits: number | string | bigint): bigint {
  if (!['number', 'string', 'bigint'].includes(typeof credits))
    invalid(describeValue(credits), 'must be a decimal number, at least 0');
  const text = String(credits).trim().toLowerCase();
  const parts = NUMBER_PATTERN.exec(text);
  if (parts === null) invalid(text, 'must be a decimal number, at least 0');
  const [, whole = '0', fraction = '', exponent = '0'] = parts;
  const digits = BigInt(whole + fraction);
  // The value is digits * 10^shift units.
  const shift = DECIMALS - fraction.length + Number(exponent);
  if (digits === 0n) return 0n;
  let units: bigint;
  if (shift >= 0) {
    units = digits * 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n) invalid(text, 'has more than 9 decimals');
    units = digits / divisor;
  }
  if (units > UNITS_MAX) invalid(text, `is too large: the limit is ${formatCredits(UNITS_MAX)}`);
  return units;
}

/** Formats units as a decimal number of credits without trailing zeros: `formatCredits(1_500_000_000n)` is "1.5". */
export function formatCredits(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  return sign + digits.slice(0, -DECIMALS) + (fraction === '' ? '' : `.${fraction}`);
}

function invalid(text: string, rule: string): never {
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `An amount of credits ${rule}; got ${JSON.stringify(text.slice(0, 60))}.`,
  );
}
