/**
 * Parses the values of options: shares of time, sizes, credits and compute groups.
 * @module
 */
import { InvalidArgumentError } from 'commander';
import { toUnits } from '../../entry/wallet.node.js';

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Parses a fraction above 0 and up to 1, as `0.5` or `50%`. */
export function parseShare(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim()) ?? [];
  const share = Number(digits) / (percent === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('It must be above 0 and at most 1, like 0.5 or 50%.');
}

/** Parses a size in bytes, as `500MB`, `2GiB` or a number. */
export function parseBytes(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('It must be a size above 0, like 500MB or 2GiB.');
}

/** Parses credits and converts them to units. */
export function parseCredits(text: string): bigint {
  try {
    return toUnits(text);
  } catch {
    throw new InvalidArgumentError('It must be an amount of credits, like 0.001.');
  }
}

/** A compute group of `--join`. */
export interface JoinOption {
  joinKey: string;
  joinSecret?: string;
}

/** Parses `joinKey` or `joinKey,joinSecret`; further commas belong to the secret. */
export function parseGroup(text: string): JoinOption {
  const comma = text.indexOf(',');
  if (comma === 0 || text === '')
    throw new InvalidArgumentError('It must be joinKey,joinSecret, or a joinKey alone.');
  return comma < 0 ? { joinKey: text } : { joinKey: text.slice(0, comma), joinSecret: text.slice(comma + 1) };
}
