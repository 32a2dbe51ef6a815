/**
 * A real deployer connected to the real scheduler in this process, with the system clock and real keys.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDeployer, type Deployer } from '../../deployer/deployer.js';
import type { DeployerPorts } from '../../deployer/connection/ports.js';
import { JobFS } from '../../jobfs/job-fs.js';
import { systemClock, type Clock } from '../../lib/clock.js';
import { systemRandom } from '../../lib/crypto/random.js';
import { memoryStorage } from '../../lib/storage/storage.js';
import { createWallet, type Wallet } from '../../wallet/wallet.js';
import { InMemoryScheduler } from '../scheduler/in-memory-scheduler.js';

export interface DeployerFixture {
  scheduler: InMemoryScheduler;
  wallet: Wallet;
  deployer: Deployer;
  ports: DeployerPorts;
  /** Source text of the modules that a work function may refer to, by URL. */
  modules: Map<string, string>;
  /** Warnings that were printed for the user of the program. */
  warnings: string[];
}

/** Creates a deployer with its own keys, and the scheduler that it connects to. */
export function createDeployerFixture({ clock = systemClock }: { clock?: Clock } = {}): DeployerFixture {
  const scheduler = new InMemoryScheduler();
  const modules = new Map<string, string>();
  const warnings: string[] = [];
  const wallet = createWallet({
    storage: memoryStorage(),
    clock: systemClock,
    random: systemRandom,
    place: 'memory',
  });
  const ports: DeployerPorts = {
    schedulerUrl: 'http://scheduler.test',
    connect: scheduler.tap.connect,
    clock,
    random: systemRandom,
    wallet,
    fetch: scheduler.blobs.fetch,
    readModule: (url) => {
      const text = modules.get(url.href);
      if (text === undefined) return Promise.reject(new Error(`no module ${url.href}`));
      return Promise.resolve(new TextEncoder().encode(text));
    },
    makeJobFS: () => new JobFS({ fetch: scheduler.blobs.fetch }),
    yieldNow: () => nextTurn(),
    warn: (text) => warnings.push(text),
  };
  return { scheduler, wallet, ports, modules, warnings, deployer: createDeployer(ports) };
}

/** The system clock, except that timers fire after `1 / times` of their delay. */
export function acceleratedClock(times: number): Clock {
  return { ...systemClock, after: (ms, fn, options) => systemClock.after(ms / times, fn, options) };
}

/** Resolves when `reached` returns true; evaluates it once per turn of the event loop. */
export async function waitUntil(reached: () => boolean): Promise<void> {
  while (!reached()) await nextTurn();
}
