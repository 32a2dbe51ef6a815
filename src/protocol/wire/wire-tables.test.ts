import { expect, it } from 'vitest';
import { ERROR_TABLE } from '../../lib/errors.js';
import * as limits from '../limits.js';
import { errorCodesTable, limitsTable } from './wire-tables.js';
import { PROTOCOL_VERSION } from '../messages/version.js';

it('the table of limits has every limit with its value, as JSON', () => {
  const { protocol, limits: rows } = JSON.parse(JSON.stringify(limitsTable())) as ReturnType<
    typeof limitsTable
  >;
  expect(protocol).toBe(PROTOCOL_VERSION);
  expect(Object.keys(rows)).toEqual(Object.keys(limits).sort());
  for (const [name, value] of Object.entries(limits)) {
    const expected = typeof value === 'bigint' ? value.toString() : value;
    expect(rows[name]!.value, name).toBe(expected);
  }
});

it.each([
  ['MESSAGE_BYTES_MAX', 'bytes'],
  ['CONSOLE_BYTES_PER_SLICE_MAX', 'bytes'],
  ['LEASE_MS', 'milliseconds'],
  ['HANDSHAKE_MS_MAX', 'milliseconds'],
  ['NAME_LENGTH_MAX', 'UTF-16 units'],
  ['ARRAY_LENGTH_MAX', 'count'],
  ['SANDBOX_MESSAGES_PER_SECOND_MAX', 'per second'],
  ['UNITS_MAX', 'units'],
  ['LEASE_SLICES_MAX', 'count'],
])('the limit %s is in %s', (name, unit) => {
  expect(limitsTable().limits[name]!.unit).toBe(unit);
});

it('the table of error codes has every code with its fault and whether a retry can succeed', () => {
  const { protocol, errors } = JSON.parse(JSON.stringify(errorCodesTable())) as ReturnType<
    typeof errorCodesTable
  >;
  expect(protocol).toBe(PROTOCOL_VERSION);
  expect(errors).toEqual(ERROR_TABLE);
});
