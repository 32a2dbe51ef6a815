/**
 * The sums of the test command: no failure may get lost on its way to the last line.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { countPlaywright, countVitest } from './counts.mjs';

const assertion = (status: string, fullName = 'a test') => ({ status, fullName });
const file = (status: string, assertionResults: ReturnType<typeof assertion>[]) => ({
  name: '/r/src/x.test.ts',
  status,
  assertionResults,
});

describe('countVitest', () => {
  it('counts passed tests and lists failed ones', () => {
    const report = { testResults: [file('failed', [assertion('passed'), assertion('failed', 'adds')])] };
    expect(countVitest(report, false, '/r')).toEqual({
      passed: 1,
      failed: 1,
      failures: ['src/x.test.ts: adds'],
    });
  });

  it.each(['pending', 'skipped', 'todo'])('counts a test that is %s as failed', (status) => {
    const report = { testResults: [file('passed', [assertion('passed'), assertion(status)])] };
    expect(countVitest(report, true, '/r')).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a test file that does not load as failed', () => {
    const report = { testResults: [file('passed', [assertion('passed')]), file('failed', [])] };
    expect(countVitest(report, false, '/r')).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a failure outside of tests, a missing report and an empty run as failed', () => {
    const report = { testResults: [file('passed', [assertion('passed')])] };
    expect(countVitest(report, false, '/r')).toMatchObject({ passed: 1, failed: 1 });
    expect(countVitest(undefined, true, '/r')).toMatchObject({ passed: 0, failed: 1 });
    expect(countVitest({ testResults: [] }, true, '/r')).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a run without failures as passed', () => {
    const report = { testResults: [file('passed', [assertion('passed'), assertion('passed')])] };
    expect(countVitest(report, true, '/r')).toEqual({ passed: 2, failed: 0, failures: [] });
  });
});

describe('countPlaywright', () => {
  const spec = (title: string, status: string) => ({ title, tests: [{ status }] });

  it('traverses nested suites, and counts every unexpected result as failed', () => {
    const inner = {
      title: 'inner',
      specs: [spec('b', 'unexpected'), spec('c', 'flaky'), spec('d', 'skipped')],
    };
    const report = { suites: [{ title: 'outer', specs: [spec('a', 'expected')], suites: [inner] }] };
    expect(countPlaywright(report, false)).toEqual({
      passed: 1,
      failed: 3,
      failures: [
        'outer › inner › b (unexpected)',
        'outer › inner › c (flaky)',
        'outer › inner › d (skipped)',
      ],
    });
  });

  it('counts errors outside of tests as failed', () => {
    const report = { suites: [], errors: [{ message: 'cannot load\nmore' }] };
    expect(countPlaywright(report, false)).toEqual({ passed: 0, failed: 1, failures: ['cannot load'] });
    expect(countPlaywright({ suites: [] }, false)).toMatchObject({ failed: 1 });
    expect(countPlaywright(undefined, false)).toMatchObject({ failed: 1 });
  });
});
