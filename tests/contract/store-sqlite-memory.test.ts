import { allStoreContracts } from './store-contracts.js';
import { inMemory } from './store-fixture.js';

allStoreContracts('SQLite in memory', inMemory);
