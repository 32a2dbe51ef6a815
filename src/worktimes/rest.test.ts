import { describe, expect, it } from 'vitest';
import { Rest, sleepByBell } from './rest.js';

/** A thread with turns that take as long as the test says, and sleeps that are only written down. */
function thread(turns: number[], act: (turn: number, rest: Rest) => void = () => undefined) {
  let nowMs = 0;
  let turn = 0;
  const sleeps: number[] = [];
  const rest = new Rest({
    now: () => nowMs,
    nextTurn: async () => {
      if (turn === turns.length) rest.end();
      else nowMs += turns[turn]!;
      act(turn++, rest);
    },
    sleep: (ms) => {
      sleeps.push(ms);
      nowMs += ms;
      return true;
    },
  });
  return { rest, sleeps };
}

describe('a rest by the clock', () => {
  it('sleeps longer and longer, up to a twentieth of a second, until it is over', async () => {
    const { rest, sleeps } = thread(Array<number>(30).fill(0));
    await rest.begin();
    expect(sleeps).toHaveLength(30);
    expect(sleeps[0]).toBe(4);
    expect(sleeps.at(-1)).toBe(50);
  });

  it('gives what runs in its turns a twentieth of the time', async () => {
    const { rest, sleeps } = thread([10, 20, 30, 100]);
    await rest.begin();
    expect(sleeps).toEqual([190, 380, 570, 1_000]);
  });

  it('fails where turn after turn is taken for long', async () => {
    const { rest, sleeps } = thread([300, 0, 300, 300, 0]);
    await expect(rest.begin()).rejects.toThrow('left behind');
    expect(sleeps).toHaveLength(3);
  });

  it('that ends and begins again within one turn goes on once', async () => {
    let second: Promise<void> | undefined;
    const { rest, sleeps } = thread([0, 0, 0], (turn) => {
      if (turn !== 1) return;
      rest.end();
      second = rest.begin();
    });
    await rest.begin();
    await second;
    expect(sleeps).toEqual([4, 4]);
  });

  it('is one, however often it is begun', async () => {
    const { rest, sleeps } = thread([0, 0]);
    await Promise.all([rest.begin(), rest.begin()]);
    expect(sleeps).toHaveLength(2);
  });
});

it('a thread that cannot be blocked goes on', async () => {
  let turns = 0;
  const rest = new Rest({ now: () => 0, nextTurn: async () => void turns++, sleep: () => false });
  await rest.begin();
  expect(turns).toBe(1);
});

it('a bell lets nobody sleep who has not heard every message', () => {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  bell[0] = 2;
  sleepByBell(bell)(1, 1);
  expect(bell[0]).toBe(2);
});
