import { wholeStoreContract } from './store-contracts.js';
import { inMemory } from './store-fixture.js';

wholeStoreContract('SQLite in memory', inMemory);
