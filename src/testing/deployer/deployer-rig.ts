/**
 * A deployer over a stub scheduler, for tests: real clock and keys, memory for the network.
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
import { StubDeployerScheduler } from './stub-deployer-scheduler.js';

export interface DeployerRig {
  stub: StubDeployerScheduler;
  wallet: Wallet;
  deployer: Deployer;
  ports: DeployerPorts;
  /** Modules that work functions may name, by address. */
  modules: Map<string, string>;
  /** What was said to whoever runs the program. */
  warnings: string[];
}

/** A fresh one each time, with keys of its own. */
export function deployerRig({ clock = systemClock }: { clock?: Clock } = {}): DeployerRig {
  const stub = new StubDeployerScheduler();
  const modules = new Map<string, string>();
  const warnings: string[] = [];
  const wallet = createWallet({
    storage: memoryStorage(),
    clock: systemClock,
    random: systemRandom,
    place: 'memory',
  });
  const ports: DeployerPorts = {
    schedulerUrl: 'http://stub.test',
    connect: stub.connect,
    clock,
    random: systemRandom,
    wallet,
    fetch: stub.http.fetch,
    readModule: (url) => {
      const text = modules.get(url.href);
      if (text === undefined) return Promise.reject(new Error(`no module ${url.href}`));
      return Promise.resolve(new TextEncoder().encode(text));
    },
    makeJobFS: () => new JobFS({ fetch: stub.http.fetch }),
    yieldNow: () => nextTurn(),
    warn: (text) => warnings.push(text),
  };
  return { stub, wallet, ports, modules, warnings, deployer: createDeployer(ports) };
}

/** Real time, but timers run so many times as fast as they should. */
export function hurriedClock(times: number): Clock {
  return { ...systemClock, after: (ms, fn, options) => systemClock.after(ms / times, fn, options) };
}

/** Resolves when `reached` holds; looks at it after every turn of the event loop. */
export async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await nextTurn();
}
