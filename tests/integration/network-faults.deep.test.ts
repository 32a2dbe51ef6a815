import { it } from 'vitest';
import { FAULTS } from './faults/faults.js';
import { surviveFault } from './faults/survive-fault.js';

/** `FAULT_SEED=17` plays that one. */
const seed = Number(process.env.FAULT_SEED ?? 1);

/** After so long nothing will come any more: silence is noticed within two minutes, and a job takes one. */
const HANGS_MS = 8 * 60_000;

it.each(FAULTS)(
  `a job completes with every result exactly once although %s for a while (seed ${seed})`,
  async (_name, makeFault) => {
    await surviveFault(makeFault, seed);
  },
  HANGS_MS,
);
