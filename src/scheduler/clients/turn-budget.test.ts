import { expect, test } from 'vitest';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { TurnBudget } from './turn-budget.js';

/** A budget whose clock moves only while `busy` runs, and which counts the turns of the event loop. */
function createBudget() {
  const turns = { count: 0 };
  let nowMs = 0;
  const clock = Object.assign(new VirtualClock(), { monotonicMs: () => nowMs });
  const defer = (fn: () => void): void => void setImmediate(() => (turns.count++, fn()));
  const busy = async (ms: number): Promise<void> => {
    await Promise.resolve();
    nowMs += ms;
  };
  return { budget: new TurnBudget({ clock, defer }), turns, busy };
}

test('requests of one turn run at once while they take little time', async () => {
  const { budget, turns, busy } = createBudget();
  for (let i = 0; i < 9; i++) await budget.run(() => busy(1));
  expect(turns.count).toBe(0);
});

test('when the requests of a turn have taken long, further ones wait for later turns, in order', async () => {
  const { budget, turns, busy } = createBudget();
  const began: [number, number][] = [];
  await budget.run(() => busy(50));
  await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      budget.run(() => {
        began.push([i, turns.count]);
        return busy(5);
      }),
    ),
  );
  expect(began.map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5]);
  const perTurn = new Map<number, number>();
  for (const [, turn] of began) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
  expect([...perTurn.values()]).toEqual([2, 2, 2]);
  expect(began[0]![1]).toBeGreaterThan(0);
});

test('a request that waits for something does not delay those behind it, and failures reach their caller', async () => {
  const { budget, busy } = createBudget();
  await budget.run(() => busy(50));
  const never = budget.run(() => new Promise<void>(() => undefined));
  await expect(budget.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(await budget.run(() => Promise.resolve(7))).toBe(7);
  void never;
});
