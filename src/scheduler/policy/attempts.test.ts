import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ATTEMPTS_MAX,
  ATTEMPTS_OF_SLICE_MAX,
  HELD_BACK_MS_MAX,
  UNLOADABLE_SILENT_MS,
  WORK_ERRORS_MAX,
} from '../../protocol/limits.js';
import {
  independenceOf,
  isConfirmed,
  isHeldBack,
  isUnloadable,
  judge,
  judgeFailure,
  triedBy,
  withAttempt,
  type AttemptKind,
  type FailedAttempt,
  type LoadRecord,
  type Runner,
} from './attempts.js';

const runner = (workerId: string, payee = `of ${workerId}`, isolation = 'deno'): Runner => ({
  workerId,
  payee,
  isolation,
});
const attempts = (kind: AttemptKind, ...runners: Runner[]): FailedAttempt[] =>
  runners.map((one) => ({ kind, ...one, atMs: 0 }));
const somebody = () => true;
const nobody = () => false;
const [a, b, c] = [runner('a'), runner('b'), runner('c')] as [Runner, Runner, Runner];
const alsoOfA = runner('a2', a.payee);

test('accepts results, and gives errors the verdict of their slices', () => {
  const outcomes = [false, false, true, false, true, true];
  for (const verdict of ['retry', 'fail'] as const) {
    const runs = judge(outcomes.length, (i) => outcomes[i]!, verdict);
    expect(runs.map((j) => [j.verdict, j.from, j.count])).toEqual([
      ['accept', 0, 2],
      [verdict, 2, 1],
      ['accept', 3, 1],
      [verdict, 4, 2],
    ]);
  }
});

test('judges each outcome once and in order, in as few runs as there are changes', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1 }), (outcomes) => {
      const runs = judge(outcomes.length, (i) => outcomes[i]!, 'retry');
      const judged = runs.flatMap((run) => Array.from({ length: run.count }, (_, i) => [run.from + i, run]));
      expect(judged.map(([index]) => index)).toEqual(outcomes.map((_, i) => i));
      for (const [index, run] of judged as [number, (typeof runs)[number]][])
        expect(run.verdict === 'accept').toBe(!outcomes[index]);
      const changes = outcomes.filter((outcome, i) => i > 0 && outcome !== outcomes[i - 1]).length;
      expect(runs).toHaveLength(changes + 1);
    }),
  );
});

test.each([
  ['thrown', WORK_ERRORS_MAX],
  ['lost', ATTEMPTS_MAX],
] as const)('%s executions fail a slice when %i independent workers had them', (kind, enough) => {
  const independent = [a, b, c].slice(0, enough);
  expect(judgeFailure(attempts(kind, ...independent), kind, somebody)).toBe('fail');
  expect(judgeFailure(attempts(kind, ...independent.slice(1)), kind, nobody)).toBe('retry');
  for (const same of [a, alsoOfA]) {
    const alone = attempts(kind, a, ...Array.from({ length: enough - 1 }, () => same));
    expect(judgeFailure(alone, kind, somebody)).toBe('retry');
    expect(judgeFailure(alone, kind, nobody)).toBe('fail');
    expect(judgeFailure(alone.slice(1), kind, nobody)).toBe('retry');
  }
});

test('a slice fails for good after so many attempts, whoever may come', () => {
  const many = attempts('lost', ...Array.from({ length: ATTEMPTS_OF_SLICE_MAX }, () => a));
  expect(judgeFailure(many.slice(1), 'lost', somebody)).toBe('retry');
  expect(judgeFailure(many, 'lost', somebody)).toBe('fail');
});

test('what was returned or silent counts as no failure', () => {
  const others = [...attempts('returned', a, b), ...attempts('silent', a, b)];
  expect(judgeFailure([...others, ...attempts('thrown', c)], 'thrown', nobody)).toBe('retry');
});

test('who gives a slice back is waited for again, but not for ever', () => {
  const twice = attempts('returned', a, b, a);
  expect(triedBy(twice)).toEqual([]);
  expect(triedBy([...twice, ...attempts('thrown', c), ...attempts('returned', a)])).toHaveLength(4);
});

test('an error is confirmed by workers of two payees', () => {
  expect(isConfirmed(attempts('thrown', a, alsoOfA))).toBe(false);
  expect(isConfirmed(attempts('thrown', a, a))).toBe(false);
  expect(isConfirmed([...attempts('thrown', a), ...attempts('lost', b)])).toBe(false);
  expect(isConfirmed(attempts('thrown', a, b))).toBe(true);
});

test('an attempt tells most where another worker, another payee and another engine make it', () => {
  expect(independenceOf(a, [b, a])).toBe(0);
  expect(independenceOf(alsoOfA, [a])).toBe(1);
  expect(independenceOf(b, [a])).toBe(2);
  expect(independenceOf(runner('d', 'of d', 'thread'), [a])).toBe(3);
});

const loads = (known: Partial<LoadRecord>): LoadRecord => ({
  ...{ accepted: 0, resultMs: 0, loadedBy: 1, unloadable: known.unloadableBy?.length ?? 0 },
  ...{ unloadableBy: [], sliceMs: 10 },
  ...known,
});

test.each([
  [0, [a, a, a], somebody, false],
  [0, [a, alsoOfA, alsoOfA], somebody, false],
  [0, [a, a, a], nobody, true],
  [0, [a, b], nobody, false],
  [0, [a, b, c], somebody, true],
  [1, [a, b, c, a, b, c], nobody, false],
] as const)(
  'with %i results, a job that %j could not load is given up: %3$s',
  (accepted, by, isThere, is) => {
    const job = loads({ accepted, unloadableBy: by.map((one) => ({ ...one, atMs: 1 })) });
    expect(isUnloadable(job, isThere, 2)).toBe(is);
  },
);

test('results of one worker alone save a job that three others cannot load until none has come for long', () => {
  const nowMs = 10 * UNLOADABLE_SILENT_MS;
  const resultMs = nowMs - UNLOADABLE_SILENT_MS;
  const by = (atMs: number) => [a, b, c].map((one) => ({ ...one, atMs }));
  const job = loads({ accepted: 1, resultMs, unloadableBy: by(nowMs) });
  expect(isUnloadable(job, somebody, nowMs)).toBe(true);
  for (const other of [
    { resultMs: resultMs + 1 },
    { loadedBy: 2 },
    { unloadableBy: by(resultMs) },
    { unloadableBy: by(nowMs).slice(1), unloadable: 5 },
    { sliceMs: UNLOADABLE_SILENT_MS / 10 },
  ])
    expect(isUnloadable({ ...job, ...other }, nobody, nowMs)).toBe(false);
});

test('what failed is held back for a while since the last failure, and no longer', () => {
  const nowMs = 10 * HELD_BACK_MS_MAX;
  const once = withAttempt([], { kind: 'lost', ...a }, nowMs);
  expect(isHeldBack(once, nowMs + HELD_BACK_MS_MAX - 1)).toBe(true);
  expect(isHeldBack(once, nowMs + HELD_BACK_MS_MAX)).toBe(false);
  const twice = withAttempt(once, { kind: 'lost', ...b }, nowMs + HELD_BACK_MS_MAX);
  expect(isHeldBack(twice, nowMs + HELD_BACK_MS_MAX)).toBe(true);
  expect(isHeldBack([], nowMs)).toBe(false);
});
