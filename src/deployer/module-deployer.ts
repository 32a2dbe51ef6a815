/**
 * The functions that a page or a program imports. They use one default deployer, which is created at the first call and
 * replaced by `init`. A job keeps the scheduler that it was created for.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { describeValue, readOptions } from '../lib/options.js';
import { checkThreadCount, invalidArgument } from './arguments/check-arguments.js';
import { createContext, type DeployerContext } from './connection/context.js';
import { deployerOver, type Deployer } from './deployer.js';
import type { DeployerWallet } from './connection/deployer-wallet.js';
import type { LocalOptions } from './connection/local-node.js';
import { localPorts } from './connection/local-ports.js';
import type { DeployerPorts } from './connection/ports.js';

export interface InitOptions {
  /**
   * URL of the scheduler. @default the environment variable MANYHANDS_SCHEDULER if it is set, else
   * http://localhost:8462
   */
  scheduler?: string | URL;
  /**
   * Runs jobs in this process: a scheduler in memory and a worker with threads, without a network, a keystore or a payment.
   * `{ cores }` limits the sandboxes that compute at a time.
   * @default false
   */
  local?: boolean | { cores?: number };
  /** A wallet to use in place of that of this user or origin. */
  wallet?: DeployerWallet;
  /** Maximum time that a call waits for a connection to the scheduler, milliseconds. @default 30,000 */
  connectTimeoutMs?: number;
}

export interface ModuleDeployer extends Deployer {
  /** Sets the scheduler for jobs that are created from now on. @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
  init: (options?: InitOptions | string | URL) => void;
}

/** @param defaults called when the default deployer is first used, so that importing the module opens and reads nothing */
export function createModuleDeployer(defaults: () => DeployerPorts): ModuleDeployer {
  let current: DeployerContext | undefined;
  return {
    ...deployerOver(() => (current ??= createContext(defaults()))),
    init(options = {}) {
      const isAddress = typeof options === 'string' || options instanceof URL;
      const given = readOptions<InitOptions>(isAddress ? { scheduler: options } : options, 'init', {
        scheduler: true,
        wallet: true,
        connectTimeoutMs: true,
        local: true,
      });
      const ports = defaults();
      const local = checkLocal(given);
      if (local !== undefined) {
        current = createContext(localPorts(ports, local));
        return;
      }
      current = createContext({
        ...ports,
        schedulerUrl: given.scheduler ?? ports.schedulerUrl,
        wallet: given.wallet ?? ports.wallet,
        ...(given.connectTimeoutMs === undefined
          ? {}
          : { connectTimeoutMs: checkTimeout(given.connectTimeoutMs) }),
      });
    },
  };
}

/** The options of local mode; undefined if it is off. */
function checkLocal({ local, ...others }: InitOptions): LocalOptions | undefined {
  if (local === undefined || local === false) return undefined;
  const other = Object.keys(others).find((name) => others[name as keyof typeof others] !== undefined);
  if (other !== undefined)
    throw invalidArgument(`init: local mode has no ${other}; leave out one of the two.`, other);
  if (local === true) return {};
  const { cores } = readOptions<{ cores: number }>(local, 'init: local', { cores: true });
  return cores === undefined ? {} : { cores: checkThreadCount(cores, 'init: local.cores') };
}

/** The largest delay that setTimeout accepts. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

function checkTimeout(ms: unknown): number {
  if (typeof ms === 'number' && ms > 0 && ms <= TIMEOUT_MS_MAX) return ms;
  const text = `connectTimeoutMs must be a number of milliseconds above 0 and at most ${TIMEOUT_MS_MAX}; got ${describeValue(ms)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'connectTimeoutMs' });
}
