import { describe, expect, it } from 'vitest';
import { Quiescer, waitOnSignal, waitWithTimeout } from './quiesce.js';

/**
 * A thread with virtual time: its turns last `turns` milliseconds, and its sleeps are only recorded. `run` runs all turns;
 * `act` is called in each of them.
 */
function thread(turns: number[], act: (turn: number, quiescer: Quiescer) => void = () => undefined) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const failures: string[] = [];
  const waiting: (() => void)[] = [];
  /** For each answer, the number of sleeps before it. */
  const answers: number[] = [];
  const env = {
    now: () => nowMs,
    nextTurn: (then: () => void) => void waiting.push(then),
    sleep: (ms: number) => {
      sleeps.push(ms);
      nowMs += ms;
      return true;
    },
  };
  const quiescer = new Quiescer(env, {
    quiesced: () => void answers.push(sleeps.length),
    fail: (error) => void failures.push(String(error)),
  });
  const run = (): void => {
    let turn = 0;
    for (let then = waiting.shift(); then !== undefined; then = waiting.shift()) {
      if (turn === turns.length) quiescer.resume();
      else nowMs += turns[turn]!;
      act(turn++, quiescer);
      then();
    }
  };
  return { quiescer, sleeps, failures, answers, run };
}

describe('quiescing a thread by timed sleeps', () => {
  it('sleeps longer and longer, up to 50 ms, until it is resumed', () => {
    const { quiescer, sleeps, run } = thread(Array<number>(600).fill(0));
    quiescer.begin();
    run();
    expect(sleeps).toHaveLength(600);
    expect(sleeps[0]).toBe(4);
    expect(sleeps.at(-1)).toBe(50);
    sleeps.forEach((ms, i) => expect(ms).toBeGreaterThanOrEqual(sleeps[i - 1] ?? 0));
  });

  it.each([
    [100, 5],
    [300, 9],
    [1_000, 16],
    [4_000, 32],
    [60_000, 50],
  ])('after %i ms receives a message at most %i ms late, with few turns', (ms, lateMs) => {
    const { quiescer, sleeps, run } = thread(Array<number>(2_000).fill(0));
    quiescer.begin();
    run();
    let sleptMs = 0;
    const turns = sleeps.findIndex((slept) => (sleptMs += slept) > ms);
    expect(sleeps[turns]).toBeLessThanOrEqual(lateMs);
    expect(turns).toBeLessThan(ms / (lateMs / 2));
  });

  it('leaves leftover code a twentieth of the time', () => {
    const { quiescer, sleeps, run } = thread([10, 20, 30, 100]);
    quiescer.begin();
    run();
    expect(sleeps).toEqual([190, 380, 570, 1_000]);
  });

  it('fails without an answer where leftover code takes several long turns', () => {
    const { quiescer, sleeps, failures, answers, run } = thread([300, 0, 300, 300, 0], (turn) => {
      if (turn === 3) quiescer.request('n');
    });
    quiescer.begin();
    run();
    expect(failures.join()).toContain('left behind');
    expect(sleeps).toHaveLength(3);
    expect(answers).toEqual([]);
  });

  it('continues once where it is resumed and begun again within one turn', () => {
    const { quiescer, sleeps, run } = thread([0, 0, 0], (turn) => {
      if (turn !== 1) return;
      quiescer.resume();
      quiescer.begin();
    });
    quiescer.begin();
    run();
    expect(sleeps).toEqual([4, 4]);
  });

  it('is begun once, however often begin is called', () => {
    const { quiescer, sleeps, run } = thread([0, 0]);
    quiescer.begin();
    quiescer.begin();
    run();
    expect(sleeps).toHaveLength(2);
  });

  it('answers just before a sleep, once for each request', () => {
    const { quiescer, answers, run } = thread([0, 0, 0, 0], (turn) => {
      if (turn === 2) for (let i = 0; i < 2; i++) quiescer.request('n');
    });
    quiescer.request('n');
    expect(quiescer.isRequested).toBe(true);
    quiescer.begin();
    expect(answers).toEqual([]);
    run();
    expect(answers).toEqual([0, 2, 2]);
    expect(quiescer.isRequested).toBe(false);
  });

  it('answers a request also where it is resumed before its first sleep', () => {
    const { quiescer, answers, sleeps, run } = thread([0]);
    quiescer.request('n');
    quiescer.begin();
    quiescer.resume();
    expect(answers).toEqual([0]);
    run();
    expect(sleeps).toEqual([]);
  });

  it('does not depend on globals that job code can change', () => {
    const { quiescer, sleeps, run } = thread([10, 10]);
    const { min, max } = Math;
    const original = Promise;
    try {
      Math.min = Math.max = () => 0;
      globalThis.Promise = class {} as unknown as PromiseConstructor;
      quiescer.begin();
      run();
    } finally {
      Object.assign(Math, { min, max });
      globalThis.Promise = original;
    }
    expect(sleeps).toEqual([190, 190]);
  });
});

it('a thread that cannot be blocked stays awake, and answers each request', () => {
  let turns = 0;
  let answers = 0;
  const nextTurn = (then: () => void): void => {
    turns++;
    then();
  };
  const events = { quiesced: () => void answers++, fail: () => undefined };
  const quiescer = new Quiescer({ now: () => 0, nextTurn, sleep: () => false }, events);
  for (let i = 0; i < 2; i++) {
    quiescer.request('n');
    quiescer.begin();
  }
  expect([turns, answers]).toEqual([2, 2]);
});

it('a timed sleep is not prevented by properties that job code puts on Object.prototype', () => {
  const inherited = Object.prototype as { address?: string };
  try {
    inherited.address = 'nonsense';
    expect(waitWithTimeout()(1, 0)).toBe(true);
  } finally {
    delete inherited.address;
  }
});

it('waiting on the signal returns at once while a message is not received', () => {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  signal[0] = 2;
  waitOnSignal(signal)(1, 1);
  expect(signal[0]).toBe(2);
});
