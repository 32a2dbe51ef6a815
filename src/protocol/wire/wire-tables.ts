/**
 * The limits and the error codes as plain JSON, for clients in other languages. The build writes them to
 * `dist/protocol/limits.json` and `dist/protocol/error-codes.json`.
 * @module
 */
import { ERROR_TABLE, type Fault } from '../../lib/errors.js';
import * as limits from '../limits.js';
import { PROTOCOL_VERSION } from '../messages/version.js';

/** What a limit counts. `units` are those of credits; their largest amount is no exact double. */
export type LimitUnit = 'bytes' | 'milliseconds' | 'UTF-16 units' | 'per second' | 'units' | 'count';

export interface LimitsTable {
  protocol: number;
  /** By name. A value past 2^53 is a decimal string. */
  limits: Record<string, { value: number | string; unit: LimitUnit }>;
}

export interface ErrorCodesTable {
  protocol: number;
  /** By code. `fault`: who has to act. `retryable`: whether the same call may succeed if it is made again. */
  errors: Record<string, { fault: Fault; retryable: boolean }>;
}

export function limitsTable(): LimitsTable {
  const rows = Object.entries(limits).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    protocol: PROTOCOL_VERSION,
    limits: Object.fromEntries(
      rows.map(([name, value]) => [
        name,
        { value: typeof value === 'bigint' ? String(value) : value, unit: unitOf(name) },
      ]),
    ),
  };
}

export function errorCodesTable(): ErrorCodesTable {
  return { protocol: PROTOCOL_VERSION, errors: { ...ERROR_TABLE } };
}

/** The unit, which is part of each limit's name. */
function unitOf(name: string): LimitUnit {
  const has = (part: string): boolean => `_${name}_`.includes(`_${part}_`);
  if (has('PER_SECOND')) return 'per second';
  if (has('BYTES')) return 'bytes';
  if (has('MS')) return 'milliseconds';
  if (has('UNITS')) return 'units';
  return has('LENGTH') && !has('ARRAY') ? 'UTF-16 units' : 'count';
}
