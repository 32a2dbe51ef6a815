/**
 * The functions that a page or a program imports: over one default deployer that is made at its first use, and
 * made anew by `init`. Jobs stay with the scheduler that they were made for.
 * @module
 */
import { readOptions } from '../lib/options.js';
import type { ComputeDo, ComputeForForms } from './compute-types.js';
import { createDeployer, type Deployer } from './deployer.js';
import type { DeployerPorts, DeployerWallet } from './ports.js';

export interface InitOptions {
  /** The scheduler's address. @default MANYHANDS_SCHEDULER where there is an environment, else http://localhost:8462 */
  scheduler?: string | URL;
  /** Keystores other than those of this user or origin. */
  wallet?: DeployerWallet;
}

export interface ModuleDeployer extends Deployer {
  /** Says which scheduler the jobs that are made from now on go to. @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
  init: (options?: InitOptions | string | URL) => void;
}

/** @param defaults called when the default deployer is made, so that importing opens and reads nothing */
export function createModuleDeployer(defaults: () => DeployerPorts): ModuleDeployer {
  let current: Deployer | undefined;
  const deployer = (): Deployer => (current ??= createDeployer(defaults()));
  const computeFor = ((...call: Parameters<ComputeForForms>) =>
    deployer().computeFor(...call)) as ComputeForForms;
  const computeDo = ((...call: Parameters<ComputeDo>) => deployer().compute.do(...call)) as ComputeDo;
  return {
    init(options = {}) {
      const isAddress = typeof options === 'string' || options instanceof URL;
      const given = readOptions<InitOptions>(isAddress ? { scheduler: options } : options, 'init', {
        scheduler: true,
        wallet: true,
      });
      const ports = defaults();
      current = createDeployer({
        ...ports,
        schedulerUrl: given.scheduler ?? ports.schedulerUrl,
        wallet: given.wallet ?? ports.wallet,
      });
    },
    computeFor,
    compute: {
      for: computeFor,
      do: computeDo,
      cancel: (job, ...rest: [never?, string?]) => deployer().compute.cancel(job, ...rest),
      status: (job) => deployer().compute.status(job),
      list: (options) => deployer().compute.list(options),
    },
    attach: (jobId, options) => deployer().attach(jobId, options),
    addSlices: (data, jobId) => deployer().addSlices(data, jobId),
    fetchResults: (jobId, range) => deployer().fetchResults(jobId, range),
    getAccount: (address) => deployer().getAccount(address),
  };
}
