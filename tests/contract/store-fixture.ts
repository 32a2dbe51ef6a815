/**
 * Shared by the suites of stores: opening the store under test, and reading a journal as followers do.
 * @module
 */
import { afterEach, beforeEach, expect } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { decodeError } from '../../src/protocol/segment/envelope.js';
import type { JournalRow } from '../../src/protocol/messages/messages.js';
import { SegmentReader } from '../../src/protocol/segment/segment.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { ManualClock } from './store-commands.js';

export interface StoreUnderTest {
  /** The open store. */
  readonly store: Store;
  /** Closes the store and opens it on the same data; absent for a store without persistence. */
  reopen?(): Promise<Store>;
  dispose(): Promise<void>;
}

/** The arguments of each test of a store. */
export interface StoreFixture {
  under: StoreUnderTest;
  store: Store;
  clock: ManualClock;
  random: SeededRandom;
}

export type OpenStore = (clock: ManualClock) => Promise<StoreUnderTest>;

/** Opens a store in memory. */
export function inMemory(clock: ManualClock): Promise<StoreUnderTest> {
  const store = openSqliteStore({ clock, random: new SeededRandom(7) });
  return Promise.resolve({ store, dispose: () => store.close() });
}

/**
 * Opens a store before each test of the calling suite or file and passes it to `begin`; after each test it checks the
 * consistency of the store and closes it. `seed`: seed of the random choices of the test.
 */
export function eachStore(
  seed: number,
  begin: (fixture: StoreFixture) => unknown,
  open: OpenStore = inMemory,
): void {
  let under: StoreUnderTest;
  beforeEach(async () => {
    const clock = new ManualClock();
    under = await open(clock);
    await begin({ under, store: under.store, clock, random: new SeededRandom(seed) });
  });
  afterEach(async () => {
    try {
      expect(await under.store.check()).toEqual([]);
    } finally {
      await under.dispose();
    }
  });
}

/** The error code with which a promise rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'the promise did not reject';
  } catch (error) {
    return isError(error) ? error.code : `not coded: ${String(error)}`;
  }
}

/** Every row of a journal, read in small steps as a follower does. */
export async function wholeJournal(store: Store, jobId: string): Promise<JournalRow[]> {
  const rows: JournalRow[] = [];
  for (;;) {
    const page = await store.journal(jobId, rows.at(-1)?.seq ?? 0, 1);
    rows.push(...page.rows);
    if (page.atEnd) return rows;
  }
}

/** The outcome of every slice in the journal; fails the test where a slice occurs twice. */
export function outcomesOf(rows: readonly JournalRow[]): Map<number, unknown> {
  const outcomes = new Map<number, unknown>();
  for (const { event } of rows) {
    if (event.kind !== 'outcomes') continue;
    for (const part of event.parts) {
      const reader = new SegmentReader(part.segment);
      const isRepeated = reader.count === 1;
      if (!isRepeated) expect(reader.count).toBe(part.count);
      for (let slice = 0; slice < part.count; slice++) {
        const i = isRepeated ? 0 : slice;
        expect(outcomes.has(part.first + slice)).toBe(false);
        outcomes.set(
          part.first + slice,
          reader.kind(i) === 0 ? reader.value(i) : decodeError(reader.body(i)),
        );
      }
    }
  }
  return outcomes;
}
