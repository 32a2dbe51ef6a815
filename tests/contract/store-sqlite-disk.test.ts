import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { StoreUnderTest } from './store-fixture.js';
import { wholeStoreContract } from './store-contracts.js';
import type { ManualClock } from './store-commands.js';

async function onDisk(clock: ManualClock): Promise<StoreUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-store-'));
  const random = new SeededRandom(7);
  let store = openSqliteStore({ dataDir, clock, random });
  return {
    get store() {
      return store;
    },
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

wholeStoreContract('SQLite on disk', onDisk);
