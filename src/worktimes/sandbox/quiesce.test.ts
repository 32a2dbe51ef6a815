import { describe, expect, it } from 'vitest';
import { Rest, sleepByBell, sleepByClock } from './quiesce.js';

/**
 * A thread with turns that take as long as the test says, and sleeps that are only written down. Turns are the calls of
 * `go`, which takes all of them.
 */
function thread(turns: number[], act: (turn: number, rest: Rest) => void = () => undefined) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const failures: string[] = [];
  const waiting: (() => void)[] = [];
  /** How often it had slept at each answer. */
  const answers: number[] = [];
  const place = {
    now: () => nowMs,
    nextTurn: (then: () => void) => void waiting.push(then),
    sleep: (ms: number) => {
      sleeps.push(ms);
      nowMs += ms;
      return true;
    },
  };
  const rest = new Rest(place, {
    rests: () => void answers.push(sleeps.length),
    fail: (error) => void failures.push(String(error)),
  });
  const go = (): void => {
    let turn = 0;
    for (let then = waiting.shift(); then !== undefined; then = waiting.shift()) {
      if (turn === turns.length) rest.end();
      else nowMs += turns[turn]!;
      act(turn++, rest);
      then();
    }
  };
  return { rest, sleeps, failures, answers, go };
}

describe('a rest by the clock', () => {
  it('sleeps longer and longer, up to a twentieth of a second, until it is over', () => {
    const { rest, sleeps, go } = thread(Array<number>(600).fill(0));
    rest.begin();
    go();
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
  ])('that has lasted %i ms hears a message at most %i ms late, at no more turns a second', (ms, lateMs) => {
    const { rest, sleeps, go } = thread(Array<number>(2_000).fill(0));
    rest.begin();
    go();
    let rested = 0;
    const turns = sleeps.findIndex((slept) => (rested += slept) > ms);
    expect(sleeps[turns]).toBeLessThanOrEqual(lateMs);
    expect(turns).toBeLessThan(ms / (lateMs / 2));
  });

  it('gives what runs in its turns a twentieth of the time', () => {
    const { rest, sleeps, go } = thread([10, 20, 30, 100]);
    rest.begin();
    go();
    expect(sleeps).toEqual([190, 380, 570, 1_000]);
  });

  it('fails where turn after turn is taken for long, without an answer', () => {
    const { rest, sleeps, failures, answers, go } = thread([300, 0, 300, 300, 0], (turn) => {
      if (turn === 3) rest.ask('n');
    });
    rest.begin();
    go();
    expect(failures.join()).toContain('left behind');
    expect(sleeps).toHaveLength(3);
    expect(answers).toEqual([]);
  });

  it('that ends and begins again within one turn goes on once', () => {
    const { rest, sleeps, go } = thread([0, 0, 0], (turn) => {
      if (turn !== 1) return;
      rest.end();
      rest.begin();
    });
    rest.begin();
    go();
    expect(sleeps).toEqual([4, 4]);
  });

  it('is one, however often it is begun', () => {
    const { rest, sleeps, go } = thread([0, 0]);
    rest.begin();
    rest.begin();
    go();
    expect(sleeps).toHaveLength(2);
  });

  it('is answered for just before a sleep, once for each time that somebody asked', () => {
    const { rest, answers, go } = thread([0, 0, 0, 0], (turn) => {
      if (turn === 2) for (let i = 0; i < 2; i++) rest.ask('n');
    });
    rest.ask('n');
    expect(rest.isAsked).toBe(true);
    rest.begin();
    expect(answers).toEqual([]);
    go();
    expect(answers).toEqual([0, 2, 2]);
    expect(rest.isAsked).toBe(false);
  });

  it('that is over before it began is answered for', () => {
    const { rest, answers, sleeps, go } = thread([0]);
    rest.ask('n');
    rest.begin();
    rest.end();
    expect(answers).toEqual([0]);
    go();
    expect(sleeps).toEqual([]);
  });

  it('takes no notice of what became of the globals', () => {
    const { rest, sleeps, go } = thread([10, 10]);
    const { min, max } = Math;
    const was = Promise;
    try {
      Math.min = Math.max = () => 0;
      globalThis.Promise = class {} as unknown as PromiseConstructor;
      rest.begin();
      go();
    } finally {
      Object.assign(Math, { min, max });
      globalThis.Promise = was;
    }
    expect(sleeps).toEqual([190, 190]);
  });
});

it('a thread that cannot be blocked goes on, and answers each time', () => {
  let turns = 0;
  let answers = 0;
  const nextTurn = (then: () => void): void => {
    turns++;
    then();
  };
  const events = { rests: () => void answers++, fail: () => undefined };
  const rest = new Rest({ now: () => 0, nextTurn, sleep: () => false }, events);
  for (let i = 0; i < 2; i++) {
    rest.ask('n');
    rest.begin();
  }
  expect([turns, answers]).toEqual([2, 2]);
});

it('a sleep by the clock is not to be had out of the way by what all objects inherit', () => {
  const inherited = Object.prototype as { address?: string };
  try {
    inherited.address = 'nonsense';
    expect(sleepByClock()(1, 0)).toBe(true);
  } finally {
    delete inherited.address;
  }
});

it('a bell lets nobody sleep who has not heard every message', () => {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  bell[0] = 2;
  sleepByBell(bell)(1, 1);
  expect(bell[0]).toBe(2);
});
