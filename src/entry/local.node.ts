/**
 * Local mode in Node: a scheduler with its store in memory and a worker with threads, both in this process and joined to the
 * deployer by connections in memory. Nothing is written to disk, and nothing leaves the machine.
 * @module
 */
import { availableParallelism } from 'node:os';
import { LOCAL_URL, type LocalNode, type LocalOptions } from '../deployer/connection/local-node.js';
import { systemClock, type Clock } from '../lib/clock.js';
import { toHex } from '../lib/crypto/ids.js';
import { systemRandom } from '../lib/crypto/random.js';
import { openMemoryBlobs, localFetch } from '../scheduler/blobs/local-blobs.js';
import { silent } from '../scheduler/log/log.js';
import { SchedulerNode } from '../scheduler/services/scheduler-node.js';
import { acceptClient } from '../scheduler/sessions/open-session.js';
import { openSqliteStore } from '../scheduler/store/sqlite/sqlite.js';
import { memoryPair } from '../transport/memory.js';
import type { Connect } from '../transport/transport.js';
import { Keystore } from '../wallet/keystore.js';
import { threadHost } from '../worker/hosts/thread-host.js';
import { BaseWorker } from '../worker/worker.js';
import { WORKTIMES } from '../worktimes/registry.js';
import { keepAlive } from '../transport/keep-alive-node.js';
import { threadWorktimeFiles } from './worktime-files.node.js';

/** Timers of scheduler and worker do not keep the process running; running jobs do. */
const clock: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms, fn, { background: true }) };
const random = systemRandom;
const defer = (fn: () => void): void => void setImmediate(fn);

const isLocal = (input: Parameters<typeof fetch>[0]): boolean =>
  (input instanceof Request ? input.url : input.toString()).startsWith(LOCAL_URL);

/** Starts a scheduler and a worker. */
export async function openLocal({ cores = availableParallelism() }: LocalOptions): Promise<LocalNode> {
  const blobs = openMemoryBlobs();
  const [identity, node] = await Promise.all([
    Keystore.create(),
    SchedulerNode.start({
      store: openSqliteStore({ clock, random }),
      blobs,
      clock,
      random,
      defer,
      log: silent,
      worktimes: WORKTIMES,
      minimumPrice: 0n,
      // Nobody has it.
      operatorToken: toHex(random.bytes(32)),
    }),
  ]);
  const join: Connect = () => {
    const [client, server] = memoryPair({ defer: [defer, defer], names: ['local', 'local'] });
    acceptClient(node, server);
    return Promise.resolve(client);
  };
  const blobFetch = localFetch(blobs, node.tickets);
  const worker = new BaseWorker(
    { cores, owners: [identity.address], name: 'local' },
    {
      connect: join,
      clock,
      random,
      fetch: (input, init) => (isLocal(input) ? blobFetch(input, init) : fetch(input, init)),
      defaults: { scheduler: LOCAL_URL, isolation: 'thread', cores },
      hosts: { thread: () => threadHost({ background: true }) },
      worktimeFiles: () => threadWorktimeFiles(),
      ownAddress: () => Promise.resolve(identity.address),
    },
  );
  await worker.start();
  const alive = keepAlive(
    systemClock,
    () =>
      node.leases.size > 0 ||
      worker.status.sandboxes.some(({ state }) => state === 'ready' || state === 'opening'),
  );
  return {
    connect: async (url, options) => alive.during(await join(url, options)),
    fetch: blobFetch,
    wallet: { get: () => Promise.resolve(identity), getId: () => Promise.resolve(identity) },
    allowOrigins(origins) {
      worker.options.allowOrigins = [...new Set([...worker.options.allowOrigins, ...origins])];
    },
  };
}
