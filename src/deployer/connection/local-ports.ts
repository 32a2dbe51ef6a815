/**
 * The ports of a deployer in local mode.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { LOCAL_URL, type LocalNode, type LocalOptions } from './local-node.js';
import type { DeployerPorts } from './ports.js';

const NO_LOCAL_MODE =
  'Local mode needs Node: a page has no scheduler, and gets sandboxes only from a server that sends their headers. ' +
  'Start `manyhands scheduler`, let the page deploy to it, and compute in the page too: new Worker() of manyhands/worker.';

const unsupported = (): Promise<never> =>
  Promise.reject(new ManyhandsError('UNSUPPORTED_ENVIRONMENT', NO_LOCAL_MODE));

/** The ports of a deployer whose jobs run in this process. The node is started when it is first used. */
export function localPorts(ports: DeployerPorts, options: LocalOptions): DeployerPorts {
  let node: Promise<LocalNode> | undefined;
  const open = (): Promise<LocalNode> => (node ??= (ports.openLocal ?? unsupported)(options));
  return {
    ...ports,
    schedulerUrl: LOCAL_URL,
    connect: async (url, given) => (await open()).connect(url, given),
    fetch: async (input, init) => (await open()).fetch(input, init),
    wallet: {
      get: async (label) => (await open()).wallet.get(label),
      getId: async () => (await open()).wallet.getId(),
    },
    local: open,
  };
}
