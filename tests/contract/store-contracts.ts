/**
 * All contracts of stores, for one store.
 * @module
 */
import type { OpenStore } from './store-fixture.js';
import { answersStoreContract } from './store-suite-answers.js';
import { hostileStoreContract } from './store-suite-hostile.js';
import { jobsStoreContract } from './store-suite-jobs.js';
import { leasesStoreContract } from './store-suite-leases.js';
import { moneyStoreContract } from './store-suite-money.js';
import { randomStoreContract } from './store-suite-random.js';
import { sliceStoreContract } from './store-suite-slices.js';
import { storeContract } from './store-suite.js';

/** Registers the tests of every contract; `name` is the name of the store in the names of the tests. */
export function wholeStoreContract(name: string, open: OpenStore): void {
  // Those with few commands first, so that a defect shows soon.
  for (const contract of [
    storeContract,
    jobsStoreContract,
    leasesStoreContract,
    moneyStoreContract,
    answersStoreContract,
    hostileStoreContract,
    sliceStoreContract,
    randomStoreContract,
  ])
    contract(name, open);
}
