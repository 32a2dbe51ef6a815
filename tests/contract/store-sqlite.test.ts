import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite.js';
import { hostileStoreContract } from './store-suite-hostile.js';
import { storeContract, type StoreUnderTest } from './store-suite.js';
import type { StandingClock } from './store-world.js';

async function onDisk(clock: StandingClock): Promise<StoreUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-store-'));
  const random = new SeededRandom(7);
  let store = openSqliteStore({ dataDir, clock, random });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = openSqliteStore({ dataDir, clock, random });
      return store;
    },
    dispose: async () => {
      await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

function inMemory(clock: StandingClock): Promise<StoreUnderTest> {
  const store = openSqliteStore({ clock, random: new SeededRandom(7) });
  return Promise.resolve({ store, dispose: () => store.close() });
}

storeContract('SQLite on disk', onDisk);
storeContract('SQLite in memory', inMemory);
hostileStoreContract('SQLite in memory', inMemory);
