/**
 * Collections within a turn, in a real engine.
 * @module
 */
import { expect, it, vi } from 'vitest';
import { collectGarbage, GarbagePressure } from './collect-garbage.js';

const MiB = 2 ** 20;

/** Weak references of an earlier turn: one of the current turn keeps its target alive until the turn ends. */
async function weakRefs(count: number): Promise<WeakRef<object>[]> {
  const refs = Array.from({ length: count }, () => new WeakRef({}));
  await new Promise((resolve) => setImmediate(resolve));
  return refs;
}

it('garbage is collected within the current turn', async () => {
  const [ref] = await weakRefs(1);
  collectGarbage();
  expect(ref!.deref()).toBeUndefined();
});

it('garbage is collected every 256 MiB, counted by what the objects have grown to', async () => {
  const refs = await weakRefs(3);
  const isCollected = (i: number): boolean => refs[i]!.deref() === undefined;
  const pressure = new GarbagePressure((made) => (made as { bytes: number }).bytes);
  const make = (bytes: number, grown = bytes): void => {
    pressure.beforeAllocation(bytes);
    const made = { bytes };
    pressure.afterAllocation(made);
    made.bytes = grown;
  };
  make(MiB, 100 * MiB);
  make(MiB, 150 * MiB);
  expect(isCollected(0)).toBe(false);
  make(10 * MiB);
  expect(isCollected(1)).toBe(true);
  // Of small objects, the first of eight counts for all.
  for (let i = 0; i < 8; i++) make(0, 40 * MiB);
  expect(isCollected(2)).toBe(true);
});

it('the last object is measured at the end of the turn, and not kept alive after it', async () => {
  let measured = 0;
  const pressure = new GarbagePressure(() => (measured++, MiB));
  pressure.beforeAllocation(MiB);
  pressure.afterAllocation({});
  expect(measured).toBe(0);
  await vi.waitFor(() => expect(measured).toBe(1));
});
