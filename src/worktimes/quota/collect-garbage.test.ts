/**
 * Collections in the midst of a turn, with an engine that really collects.
 * @module
 */
import { expect, it, vi } from 'vitest';
import { collectGarbage, GarbagePressure } from './collect-garbage.js';

const MiB = 2 ** 20;

/** Tokens of an earlier turn: a reference that was made in this one would keep its target till the turn's end. */
async function tokens(count: number): Promise<WeakRef<object>[]> {
  const refs = Array.from({ length: count }, () => new WeakRef({}));
  await new Promise((resolve) => setImmediate(resolve));
  return refs;
}

it('collects what was forgotten in the turn that goes on', async () => {
  const [ref] = await tokens(1);
  collectGarbage();
  expect(ref!.deref()).toBeUndefined();
});

it('collects once in 256 MiB of what was made, by what it has grown to', async () => {
  const refs = await tokens(3);
  const isCollected = (i: number): boolean => refs[i]!.deref() === undefined;
  const pressure = new GarbagePressure((made) => (made as { bytes: number }).bytes);
  const make = (bytes: number, grown = bytes): void => {
    pressure.before(bytes);
    const made = { bytes };
    pressure.add(made);
    made.bytes = grown;
  };
  make(MiB, 100 * MiB);
  make(MiB, 150 * MiB);
  expect(isCollected(0)).toBe(false);
  make(10 * MiB);
  expect(isCollected(1)).toBe(true);
  // Of small ones, the first of eight stands for all.
  for (let i = 0; i < 8; i++) make(0, 40 * MiB);
  expect(isCollected(2)).toBe(true);
});

it('measures the last one at the turn’s end, and keeps it no longer', async () => {
  let measured = 0;
  const pressure = new GarbagePressure(() => (measured++, MiB));
  pressure.before(MiB);
  pressure.add({});
  expect(measured).toBe(0);
  await vi.waitFor(() => expect(measured).toBe(1));
});
