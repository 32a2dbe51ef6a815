import { expect, it } from 'vitest';
import { formatRunStatus, formatSlices } from './job-text.js';

it('the text of a job shows the number of failed slices of a finished job', () => {
  expect(formatRunStatus({ runStatus: 'finished', failed: 0 })).toBe('finished');
  expect(formatRunStatus({ runStatus: 'finished', failed: 3 })).toBe('finished, 3 failed');
  expect(formatSlices({ computed: 5, failed: 0, total: 9 })).toBe('5 of 9 slices are finished');
  expect(formatSlices({ computed: 5, failed: 2, total: 9 })).toBe(
    '5 of 9 slices are finished, 2 of them failed',
  );
});
