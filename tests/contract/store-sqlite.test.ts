import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite.js';
import { storeContract } from './store-suite.js';

storeContract('SQLite on disk', async (clock) => {
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
});

storeContract('SQLite in memory', (clock) => {
  const store = openSqliteStore({ clock, random: new SeededRandom(7) });
  return Promise.resolve({ store, dispose: () => store.close() });
});
