import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTEMPTS_MAX, WORK_ERRORS_MAX } from '../../protocol/limits.js';
import { isUnloadable, judge, judgeLost } from './attempts.js';

const attempts = (lost: number, thrown: number) => ({ lost, thrown });

test('accepts results, runs a slice that threw again, and believes the last error it waits for', () => {
  const outcomes = [false, false, true, false, true, true];
  const runs = (thrown: number) =>
    judge(outcomes.length, (i) => outcomes[i]!, attempts(0, thrown)).map((j) => [j.verdict, j.from, j.count]);
  const around = (verdict: string) => [
    ['accept', 0, 2],
    [verdict, 2, 1],
    ['accept', 3, 1],
    [verdict, 4, 2],
  ];
  expect(runs(0)).toEqual(around('retry'));
  expect(runs(WORK_ERRORS_MAX - 1)).toEqual(around('fail'));
});

test('judges each outcome once and in order, in as few runs as there are changes', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), fc.nat(3), (outcomes, thrown) => {
      const runs = judge(outcomes.length, (i) => outcomes[i]!, attempts(0, thrown));
      const judged = runs.flatMap((run) => Array.from({ length: run.count }, (_, i) => [run.from + i, run]));
      expect(judged.map(([index]) => index)).toEqual(outcomes.map((_, i) => i));
      for (const [index, run] of judged as [number, (typeof runs)[number]][])
        expect(run.verdict === 'accept').toBe(!outcomes[index]);
      const changes = outcomes.filter((outcome, i) => i > 0 && outcome !== outcomes[i - 1]).length;
      expect(runs).toHaveLength(changes + 1);
    }),
  );
});

test('runs a lost slice again until it was lost as often as it may be', () => {
  for (let lost = 0; lost < ATTEMPTS_MAX; lost++)
    expect(judgeLost(attempts(lost, 0))).toBe(lost === ATTEMPTS_MAX - 1 ? 'fail' : 'retry');
});

test.each([
  [0, ATTEMPTS_MAX - 1, false],
  [0, ATTEMPTS_MAX, true],
  [1, ATTEMPTS_MAX * 10, false],
])(
  'with %i results and %i sandboxes that could not load it, a job is given up: %s',
  (accepted, unloadable, is) => {
    expect(isUnloadable({ accepted, unloadable })).toBe(is);
  },
);
