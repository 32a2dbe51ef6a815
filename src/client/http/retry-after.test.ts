import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');

it.each<[number, string | null, number | undefined]>([
  [429, '7', 7_000],
  [503, ' 120 ', 120_000],
  [503, 'Fri, 20 Nov 2026 12:01:30 GMT', 90_000],
  [503, 'Fri, 20 Nov 2026 11:00:00 GMT', 1_000],
  [429, '0', 1_000],
  [503, '99999999999999999999', 600_000],
  [503, 'Fri, 20 Nov 2099 12:00:00 GMT', 600_000],
  [429, null, 30_000],
  [429, 'soon', 30_000],
  [503, null, undefined],
  [503, 'soon', undefined],
  [500, '7', undefined],
  [200, '7', undefined],
])('%d with Retry-After %j closes a site for %s ms', (status, said, ms) => {
  expect(retryAfterMs(status, said, NOW)).toBe(ms);
});
