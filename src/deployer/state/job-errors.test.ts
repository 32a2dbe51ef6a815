import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jobCancelled, slicesFailed } from './job-errors.js';
import { ALL_FAIL_REASON, UNLOADABLE_REASON } from '../../protocol/job/reasons.js';
import { ResultHandle } from './result-handle.js';

/** How Node prints an uncaught error. */
const UNCAUGHT = { customInspect: false, depth: Infinity };

describe('the error of a job whose slices failed', () => {
  it('is printed in a few lines and contains every failure and result', () => {
    const results = new ResultHandle<number>();
    results.setTotal(1_000);
    for (let slice = 1; slice <= 600; slice++) results.addFailure(slice, new RangeError(`no ${slice}`));
    for (let slice = 601; slice <= 1_000; slice++) results[slice - 1] = slice;
    const error = slicesFailed({ jobId: 'a job', total: 1_000, failed: 600, results });
    // Stack lines come from the runtime, so only the lines that this error adds are counted.
    error.stack = `${error.name}: ${error.message}`;
    for (const { error: failure } of results.failures) failure.stack = `RangeError: ${failure.message}`;
    const printed = inspect(error, { depth: 5 });
    expect(printed.split('\n').length).toBeLessThan(25);
    expect(printed).toContain('slice 3: RangeError: no 3');
    expect(printed).toContain('and 597 more in error.info.failures');
    expect(printed).toContain('400 of 1000, in error.info.results');
    expect(inspect(error, UNCAUGHT).split('\n').length).toBeLessThan(15);
    expect(Object.keys(error.info)).toEqual(['jobId', 'failed', 'failures', 'results']);
    expect(error.info.failures).toHaveLength(600);
    expect(error.info.results).toBe(results);
  });
});

describe('the error of a job that was cancelled', () => {
  it('is printed with the text of its cause once, and its message contains that text too', () => {
    const words = 'The work function cannot be compiled: SyntaxError: no at work-function.js:3:7';
    const error = jobCancelled('a job', UNLOADABLE_REASON + words);
    expect(error.message).toContain(words);
    error.stack = error.stack!.split('\n')[0]!;
    for (const printed of [inspect(error, { depth: 5 }), inspect(error, UNCAUGHT)]) {
      expect(printed.split(words)).toHaveLength(2);
      expect(printed).toContain('no worker could load the work function.');
      expect(printed.match(/^ +at /gm)).toBeNull();
    }
    expect(error.cause).toMatchObject({ code: 'WORK_FUNCTION_INVALID', message: words });
    expect(error.info).toEqual({ jobId: 'a job', reason: UNLOADABLE_REASON + words });
  });

  it('has the error of a slice as its cause only if all slices fail', () => {
    const failure = new RangeError('no real root');
    const all = `${ALL_FAIL_REASON}20 of 50 have failed`;
    const error = jobCancelled('a job', `${all}; slice 1: RangeError: ${failure.message}`, failure);
    expect(error.cause).toBe(failure);
    expect(error.message).toContain('slice 1: RangeError: no real root');
    failure.stack = `${failure.name}: ${failure.message}`;
    expect(inspect(error, UNCAUGHT).split(failure.message)).toHaveLength(2);
    expect(inspect(error, UNCAUGHT)).toContain(`${all}.`);
    expect(jobCancelled('a job', 'the owner has seen enough', failure).cause).toBeUndefined();
    expect(jobCancelled('a job', `${ALL_FAIL_REASON}20 of 50`).cause).toBeUndefined();
  });
});
