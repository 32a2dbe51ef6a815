/**
 * A host of sandboxes that is made when the first sandbox is asked for, since what it is made from has to be fetched.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { Isolation } from '../options/resolve-options.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from './port/sandbox-host.js';

/** `make` is called again after it failed. */
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
