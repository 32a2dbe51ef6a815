/**
 * A host whose sandboxes get the files of their worktime with the assignment, as the supervisor hands them over.
 * @module
 */
import { installedFiles } from '../../src/worker/assets/installed-files.js';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';

const load = installedFiles(new URL('../../dist/web/assets/manifest.json', import.meta.url));

/** Wraps a host; what is sent keeps its order. */
export function withAssets(host: SandboxHost): SandboxHost {
  return {
    isolation: host.isolation,
    close: () => host.close(),
    async start(owner, handlers) {
      const sandbox = await host.start(owner, handlers);
      let last = Promise.resolve();
      return {
        kill: () => sandbox.kill(),
        send: (message, transfer) => {
          last = last.then(async () => {
            if (message.type === 'make-snapshot')
              return sandbox.send({ ...message, assets: await load(message.worktime) });
            if (message.type !== 'assign') return sandbox.send(message, transfer);
            const assets = await load(message.assignment.worktime);
            sandbox.send({ type: 'assign', assignment: { ...message.assignment, assets } });
          });
        },
      };
    },
  };
}
