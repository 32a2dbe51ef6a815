/**
 * A sandbox host that is created when the first sandbox is requested, since its files must be fetched first.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { Isolation } from '../options/resolve-options.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from './port/sandbox-host.js';

/** After a failure, `make` is called again. */
export function lazyHost(isolation: Isolation, make: () => Promise<SandboxHost>): SandboxHost {
  let host: Promise<SandboxHost> | undefined;
  let state: 'open' | 'closed' = 'open';
  return {
    isolation,
    async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
      if (state === 'closed') throw new ManyhandsError('CLOSED', 'The worker was stopped.');
      if (host === undefined) {
        host = make();
        host.catch(() => (host = undefined));
      }
      return (await host).start(owner, handlers);
    },
    async close() {
      state = 'closed';
      const made = await host?.catch(() => undefined);
      await made?.close();
    },
  };
}
