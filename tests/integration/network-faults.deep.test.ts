import { it } from 'vitest';
import { FAULTS } from './faults/faults.js';
import { surviveFault } from './faults/survive-fault.js';

/** `FAULT_SEED=17` plays that one. */
const seed = Number(process.env.FAULT_SEED ?? 1);

it.each(FAULTS)(
  `a job ends with every result once although %s for a while (seed ${seed})`,
  async (_name, makeFault) => {
    await surviveFault(makeFault, seed);
  },
);
