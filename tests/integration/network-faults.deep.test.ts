import { it } from 'vitest';
import { FAULTS } from './faults/faults.js';
import { surviveFault } from './faults/survive-fault.js';

/** `FAULT_SEED=17` chooses the seed. */
const seed = Number(process.env.FAULT_SEED ?? 1);

/** Time limit of one fault: a silent connection is detected within two minutes, and a job takes one minute. */
const HANGS_MS = 8 * 60_000;

it.each(FAULTS)(
  `a job completes with every result exactly once although %s for a while (seed ${seed})`,
  async (_name, makeFault) => {
    await surviveFault(makeFault, seed);
  },
  HANGS_MS,
);
