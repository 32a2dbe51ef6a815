/**
 * What one types for a worker's options, read.
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

/** `0.5` or `50%`: a part above 0 and up to 1. */
export function parseShare(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text.trim()) ?? [];
  const share = Number(digits) / (percent === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('Write a part above 0 and up to 1, like 0.5 or 50%.');
}

/** `500MB`, `2GiB` or plain bytes. */
export function parseBytes(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('Write a size above 0, like 500MB or 2GiB.');
}

/** Credits, as units. */
export function parseCredits(text: string): bigint {
  try {
    return toUnits(text);
  } catch {
    throw new InvalidArgumentError('Write credits, like 0.001.');
  }
}

/** A compute group as the command line names it. */
export interface JoinedGroup {
  key: string;
  secret?: string;
}

/** `key` or `key,secret`; a comma in the secret is the secret's. */
export function parseGroup(text: string): JoinedGroup {
  const comma = text.indexOf(',');
  if (comma === 0 || text === '')
    throw new InvalidArgumentError('Write the group as key,secret, or as its key alone.');
  return comma < 0 ? { key: text } : { key: text.slice(0, comma), secret: text.slice(comma + 1) };
}
