import { expect, test } from 'vitest';
import { LEASE_NO_PROGRESS_MS_MAX, LEASE_NO_PROGRESS_MS_MIN } from '../../protocol/limits.js';
import { progressTimeoutMs } from './progress-timeout.js';
import { addSample } from './slice-profile.js';

const silent = { kind: 'silent', workerId: 'w', payee: 'p', isolation: 'deno', atMs: 0 } as const;
const thrown = { ...silent, kind: 'thrown' } as const;
const of = (...means: number[]) => means.map((ms, i) => addSample(undefined, `w${i}`, ms, 1)!);

test.each([
  ['without samples is the maximum', [], [], LEASE_NO_PROGRESS_MS_MAX],
  ['of short slices is the minimum', of(10), [], LEASE_NO_PROGRESS_MS_MIN],
  ['of long slices is the time of a thousand slices', of(60_000), [], 60_000_000],
  ['follows the median of the workers, not a single one', of(60_000, 0, 60_000), [], 60_000_000],
  [
    'grows fourfold with each attempt without progress',
    of(10),
    [silent, thrown, silent],
    16 * LEASE_NO_PROGRESS_MS_MIN,
  ],
  ['never exceeds the maximum', of(10), Array.from({ length: 16 }, () => silent), LEASE_NO_PROGRESS_MS_MAX],
])('the progress time-out %s', (_, profile, attempts, ms) => {
  expect(progressTimeoutMs(profile, attempts)).toBe(ms);
});
