/**
 * What the suites of a store share: the store under test, and a journal read as followers read it.
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
import { StandingClock } from './store-world.js';

export interface StoreUnderTest {
  /** The one that is open now. */
  readonly store: Store;
  /** Closes it and opens it on the same data; absent where nothing outlives a close. */
  reopen?(): Promise<Store>;
  dispose(): Promise<void>;
}

/** What each test of a store begins with. */
export interface StoreFixture {
  under: StoreUnderTest;
  store: Store;
  clock: StandingClock;
  random: SeededRandom;
}

export type OpenStore = (clock: StandingClock) => Promise<StoreUnderTest>;

/** A store in memory: what most tests need. */
export function inMemory(clock: StandingClock): Promise<StoreUnderTest> {
  const store = openSqliteStore({ clock, random: new SeededRandom(7) });
  return Promise.resolve({ store, dispose: () => store.close() });
}

/**
 * Opens a store before each test of the suite or file that calls it, and hands it to `begin`; behind each test it must be
 * sound, and is closed. `seed` is of the test's own choices.
 */
export function eachStore(
  seed: number,
  begin: (fixture: StoreFixture) => unknown,
  open: OpenStore = inMemory,
): void {
  let under: StoreUnderTest;
  beforeEach(async () => {
    const clock = new StandingClock();
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

/** The code of what a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing was refused';
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

/** Every slice's outcome in the journal; a slice that comes twice is a defect. */
export function outcomesOf(rows: readonly JournalRow[]): Map<number, unknown> {
  const outcomes = new Map<number, unknown>();
  for (const { event } of rows) {
    if (event.kind !== 'outcomes') continue;
    for (const part of event.parts) {
      const reader = new SegmentReader(part.segment);
      expect(reader.count).toBe(part.count);
      for (let i = 0; i < reader.count; i++) {
        expect(outcomes.has(part.first + i)).toBe(false);
        outcomes.set(part.first + i, reader.kind(i) === 0 ? reader.value(i) : decodeError(reader.body(i)));
      }
    }
  }
  return outcomes;
}
