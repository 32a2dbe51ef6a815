import { expect, test } from 'vitest';
import { LEASE_SILENT_MS_MAX, LEASE_SILENT_MS_MIN } from '../../protocol/limits.js';
import { progressTimeoutMs } from './progress-timeout.js';
import { addSample } from './slice-profile.js';

const silent = { kind: 'silent', workerId: 'w', payee: 'p', isolation: 'deno', atMs: 0 } as const;
const thrown = { ...silent, kind: 'thrown' } as const;
const of = (...means: number[]) => means.map((ms, i) => addSample(undefined, `w${i}`, ms, 1)!);

test.each([
  ['of a job of which nothing is known is the longest', [], [], LEASE_SILENT_MS_MAX],
  ['of short slices is the shortest', of(10), [], LEASE_SILENT_MS_MIN],
  ['of long slices is a thousand of them', of(60_000), [], 60_000_000],
  ['is what most workers show, not what one does', of(60_000, 0, 60_000), [], 60_000_000],
  [
    'grows fourfold with each worker that was silent',
    of(10),
    [silent, thrown, silent],
    16 * LEASE_SILENT_MS_MIN,
  ],
  ['has an end', of(10), Array.from({ length: 16 }, () => silent), LEASE_SILENT_MS_MAX],
])('the silence that is allowed to a lease %s', (_, profile, attempts, ms) => {
  expect(progressTimeoutMs(profile, attempts)).toBe(ms);
});
