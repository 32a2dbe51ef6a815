import { describe, expect, it } from 'vitest';
import { FAILURES_KEPT_MAX, ResultHandle } from './result-handle.js';

describe('results', () => {
  it('are an array whose positions never shift', () => {
    const results = new ResultHandle<string>();
    results.setTotal(4);
    results[2] = 'third';
    results[0] = 'first';
    expect(Array.isArray(results)).toBe(true);
    expect(results.length).toBe(4);
    expect([0, 1, 2, 3].map((i) => results.isAvailable(i))).toEqual([true, false, true, false]);
    expect(results.indexOf('third')).toBe(2);
    expect(Object.keys(results)).toEqual(['0', '2']);
    expect(JSON.stringify(results)).toBe('["first",null,"third",null]');
  });

  it('become ordinary arrays when they are mapped', () => {
    const results = new ResultHandle<number>();
    results[0] = 1;
    const mapped = results.map((x) => x + 1);
    expect(mapped).toEqual([2]);
    expect(mapped).not.toBeInstanceOf(ResultHandle);
    expect(results.filter(Boolean)).not.toBeInstanceOf(ResultHandle);
  });

  it('distinguish an undefined result from a missing one', () => {
    const results = new ResultHandle<undefined>();
    results.setTotal(2);
    results[0] = undefined;
    expect(results.isAvailable(0)).toBe(true);
    expect(results.settled()).toEqual([{ status: 'fulfilled', value: undefined }, { status: 'pending' }]);
  });

  it('keep the errors of the first failures and count all of them', () => {
    const results = new ResultHandle<number>();
    results.setTotal(FAILURES_KEPT_MAX + 2);
    for (let slice = 1; slice <= FAILURES_KEPT_MAX + 1; slice++)
      results.addFailure(slice, new Error(`no ${slice}`));
    results[FAILURES_KEPT_MAX + 1] = 7;
    expect(results.failures.length).toBe(FAILURES_KEPT_MAX);
    expect(results.failedCount).toBe(FAILURES_KEPT_MAX + 1);
    expect(results.settled()[FAILURES_KEPT_MAX]).toEqual({ status: 'pending' });
    results.setComplete();
    const settled = results.settled();
    expect(settled[0]).toMatchObject({ status: 'rejected', reason: { message: 'no 1' } });
    expect(settled[FAILURES_KEPT_MAX]).toMatchObject({
      status: 'rejected',
      reason: { code: 'RESULT_NOT_AVAILABLE' },
    });
    expect(settled[FAILURES_KEPT_MAX + 1]).toEqual({ status: 'fulfilled', value: 7 });
  });
});

describe('failures', () => {
  it('are ordered by slice number, in whatever order they arrive', () => {
    const results = new ResultHandle<number>();
    for (const slice of [3, 1, 2]) results.addFailure(slice, new Error(`${slice}`));
    expect(results.failures.map(({ sliceNumber }) => sliceNumber)).toEqual([1, 2, 3]);
  });
});
