import { expect, test } from 'vitest';
import { LEASE_TARGET_MS } from '../../protocol/limits.js';
import { takesPrecedence, type ServiceTimes } from './job-precedence.js';

const NOW_MS = 1_800_000_000_000;
const LONG_AGO_MS = NOW_MS - 10 * LEASE_TARGET_MS;
const JUST_NOW_MS = NOW_MS - LEASE_TARGET_MS / 2;

test.each<[string, Partial<ServiceTimes>, Partial<ServiceTimes>, boolean]>([
  ['has waited for a lease’s time', {}, {}, true],
  ['was granted a lease just now', { servedMs: JUST_NOW_MS }, {}, false],
  [
    'has waited for exactly a lease’s time, and so has two leases’ time passed since the turn began',
    { servedMs: NOW_MS - LEASE_TARGET_MS },
    { turnMs: NOW_MS - 2 * LEASE_TARGET_MS },
    true,
  ],
  [
    'waits for one whose turn lasts for one more millisecond',
    {},
    { turnMs: NOW_MS - 2 * LEASE_TARGET_MS + 1 },
    false,
  ],
  ['has an active lease', { leases: 1 }, {}, false],
  ['waits for one whose turn began just now', {}, { turnMs: JUST_NOW_MS }, false],
  [
    'never had a lease, and waits for one whose turn began just now',
    { servedMs: 0 },
    { turnMs: JUST_NOW_MS },
    true,
  ],
  ['never had a lease before its active one', { servedMs: 0, leases: 1 }, {}, false],
  [
    'never had a lease, while the usual one had none either',
    { servedMs: 0 },
    { servedMs: 0, turnMs: 0 },
    false,
  ],
])('a job that %s takes precedence over the usual one: %s', (_, job, usual, is) => {
  const base = { leases: 0, servedMs: LONG_AGO_MS, turnMs: LONG_AGO_MS };
  expect(takesPrecedence({ ...base, leases: 1, ...usual }, NOW_MS)({ ...base, ...job })).toBe(is);
});
