import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  LOST_ATTEMPTS_MAX,
  SLICE_ATTEMPTS_MAX,
  HELD_BACK_MS_MAX,
  UNLOADABLE_NO_RESULT_MS,
  WORK_ERRORS_MAX,
} from '../../protocol/limits.js';
import {
  independenceLevel,
  isConfirmed,
  isDeferred,
  isUnloadable,
  classifyOutcomes,
  classifyFailure,
  triedExecutors,
  appendAttempt,
  type AttemptKind,
  type FailedAttempt,
  type LoadHistory,
  type Executor,
} from './attempts.js';

const runner = (workerId: string, payee = `of ${workerId}`, isolation = 'deno'): Executor => ({
  workerId,
  payee,
  isolation,
});
const attempts = (kind: AttemptKind, ...runners: Executor[]): FailedAttempt[] =>
  runners.map((one) => ({ kind, ...one, atMs: 0 }));
const anotherIsConnected = () => true;
const noneIsConnected = () => false;
const [a, b, c] = [runner('a'), runner('b'), runner('c')] as [Executor, Executor, Executor];
const alsoOfA = runner('a2', a.payee);

test('the classification of outcomes accepts results, and gives errors the result of their slices', () => {
  const outcomes = [false, false, true, false, true, true];
  for (const result of ['retry', 'fail'] as const) {
    const runs = classifyOutcomes(outcomes.length, (i) => outcomes[i]!, result);
    expect(runs.map((j) => [j.result, j.from, j.count])).toEqual([
      ['accept', 0, 2],
      [result, 2, 1],
      ['accept', 3, 1],
      [result, 4, 2],
    ]);
  }
});

test('the classification of outcomes classifies each outcome once and in order, in the smallest number of runs', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (outcomes) => {
      const runs = classifyOutcomes(outcomes.length, (i) => outcomes[i]!, 'retry');
      const classified = runs.flatMap((run) =>
        Array.from({ length: run.count }, (_, i) => [run.from + i, run]),
      );
      expect(classified.map(([index]) => index)).toEqual(outcomes.map((_, i) => i));
      for (const [index, run] of classified as [number, (typeof runs)[number]][])
        expect(run.result === 'accept').toBe(!outcomes[index]);
      const changes = outcomes.filter((outcome, i) => i > 0 && outcome !== outcomes[i - 1]).length;
      expect(runs).toHaveLength(changes + 1);
    }),
  );
});

test.each([
  ['thrown', WORK_ERRORS_MAX],
  ['lost', LOST_ATTEMPTS_MAX],
] as const)('%s executions fail a slice when %i independent workers had them', (kind, enough) => {
  const independent = [a, b, c].slice(0, enough);
  expect(classifyFailure(attempts(kind, ...independent), kind, anotherIsConnected)).toBe('fail');
  expect(classifyFailure(attempts(kind, ...independent.slice(1)), kind, noneIsConnected)).toBe('retry');
  for (const same of [a, alsoOfA]) {
    const alone = attempts(kind, a, ...Array.from({ length: enough - 1 }, () => same));
    expect(classifyFailure(alone, kind, anotherIsConnected)).toBe('retry');
    expect(classifyFailure(alone, kind, noneIsConnected)).toBe('fail');
    expect(classifyFailure(alone.slice(1), kind, noneIsConnected)).toBe('retry');
  }
});

test('a slice fails for good after the maximum of attempts, even when another worker is connected', () => {
  const many = attempts('lost', ...Array.from({ length: SLICE_ATTEMPTS_MAX }, () => a));
  expect(classifyFailure(many.slice(1), 'lost', anotherIsConnected)).toBe('retry');
  expect(classifyFailure(many, 'lost', anotherIsConnected)).toBe('fail');
});

test('attempts that were returned or silent do not count as failures', () => {
  const others = [...attempts('returned', a, b), ...attempts('silent', a, b)];
  expect(classifyFailure([...others, ...attempts('thrown', c)], 'thrown', noneIsConnected)).toBe('retry');
});

test('a slice is deferred again for a worker that returned it, but only a few times', () => {
  const twice = attempts('returned', a, b, a);
  expect(triedExecutors(twice)).toEqual([]);
  expect(triedExecutors([...twice, ...attempts('thrown', c), ...attempts('returned', a)])).toHaveLength(4);
});

test('an error is confirmed when workers of two payees report it', () => {
  expect(isConfirmed(attempts('thrown', a, alsoOfA))).toBe(false);
  expect(isConfirmed(attempts('thrown', a, a))).toBe(false);
  expect(isConfirmed([...attempts('thrown', a), ...attempts('lost', b)])).toBe(false);
  expect(isConfirmed(attempts('thrown', a, b))).toBe(true);
});

test('the independence level is highest for another worker, payee and engine', () => {
  expect(independenceLevel(a, [b, a])).toBe(0);
  expect(independenceLevel(alsoOfA, [a])).toBe(1);
  expect(independenceLevel(b, [a])).toBe(2);
  expect(independenceLevel(runner('d', 'of d', 'thread'), [a])).toBe(3);
});

const loads = (known: Partial<LoadHistory>): LoadHistory => ({
  ...{ accepted: 0, resultMs: 0, loadedBy: 1, unloadable: known.unloadableBy?.length ?? 0 },
  ...{ unloadableBy: [], sliceMs: 10 },
  ...known,
});

test.each([
  [0, [a, a, a], anotherIsConnected, false],
  [0, [a, alsoOfA, alsoOfA], anotherIsConnected, false],
  [0, [a, a, a], noneIsConnected, true],
  [0, [a, b], noneIsConnected, false],
  [0, [a, b, c], anotherIsConnected, true],
  [1, [a, b, c, a, b, c], noneIsConnected, false],
] as const)(
  'with %i results, a job that %j could not load is cancelled: %3$s',
  (accepted, by, isThere, is) => {
    const job = loads({ accepted, unloadableBy: by.map((one) => ({ ...one, atMs: 1 })) });
    expect(isUnloadable(job, isThere, 2)).toBe(is);
  },
);

test('the classification of outcomes results of one worker keep a job that three others cannot load, until none has arrived for a long time', () => {
  const nowMs = 10 * UNLOADABLE_NO_RESULT_MS;
  const resultMs = nowMs - UNLOADABLE_NO_RESULT_MS;
  const by = (atMs: number) => [a, b, c].map((one) => ({ ...one, atMs }));
  const job = loads({ accepted: 1, resultMs, unloadableBy: by(nowMs) });
  expect(isUnloadable(job, anotherIsConnected, nowMs)).toBe(true);
  for (const other of [
    { resultMs: resultMs + 1 },
    { loadedBy: 2 },
    { unloadableBy: by(resultMs) },
    { unloadableBy: by(nowMs).slice(1), unloadable: 5 },
    { sliceMs: UNLOADABLE_NO_RESULT_MS / 10 },
  ])
    expect(isUnloadable({ ...job, ...other }, noneIsConnected, nowMs)).toBe(false);
});

test('what failed is deferred for a limited time after the last failure', () => {
  const nowMs = 10 * HELD_BACK_MS_MAX;
  const once = appendAttempt([], { kind: 'lost', ...a }, nowMs);
  expect(isDeferred(once, nowMs + HELD_BACK_MS_MAX - 1)).toBe(true);
  expect(isDeferred(once, nowMs + HELD_BACK_MS_MAX)).toBe(false);
  const twice = appendAttempt(once, { kind: 'lost', ...b }, nowMs + HELD_BACK_MS_MAX);
  expect(isDeferred(twice, nowMs + HELD_BACK_MS_MAX)).toBe(true);
  expect(isDeferred([], nowMs)).toBe(false);
});
