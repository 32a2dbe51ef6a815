/**
 * A scheduler and workers, each a process of its own, in a home and a data folder that are thrown away. Used by tests
 * and benchmarks; it runs what `npm run build` made.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const role = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));

/** Resolves with the child and what it said when it was ready. */
async function start(name, ...args) {
  const child = fork(role(name), args.map(String), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error(`${name} ended before it was ready`);
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** A worker process that serves the owner whose home that is; ends with this process, or by `end` with a signal. */
export async function startWorker(
  url,
  { cores = 1, home = process.env.MANYHANDS_HOME, allowOrigins = [], paymentAddress } = {},
) {
  process.env.MANYHANDS_HOME = home;
  const options = { scheduler: url, cores, allowOrigins, paymentAddress };
  const { child } = await start('worker', JSON.stringify(options));
  return { child, end: (signal = 'SIGTERM') => end(child, signal) };
}

/** Starts them all, and sets MANYHANDS_HOME so that this process deploys as the owner that the workers serve. */
export async function startCluster({ workers = 2, cores = 1, allowWebOrigins = [] } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'manyhands-cluster-'));
  process.env.MANYHANDS_HOME = home;
  const dataDir = join(home, 'scheduler');
  // The identity is made before the workers look for it.
  const { openWallet } = await import('../../dist/entry/wallet.node.js');
  await openWallet(home).getId();
  let scheduler = await start('scheduler', dataDir, 0, ...allowWebOrigins);
  const { url, port, operatorToken } = scheduler;
  const hire = async () => (await startWorker(url, { cores })).child;
  const crew = await Promise.all(Array.from({ length: workers }, hire));
  return {
    url,
    operatorToken,
    home,
    dataDir,
    /** The scheduler's process; another one after a restart. */
    get scheduler() {
      return scheduler.child;
    },
    /** The workers' processes. */
    workers: crew,
    addWorker: async () => void crew.push(await hire()),
    /** Kills the scheduler as the power cut would, and starts it again on the same data and port. */
    restartScheduler: async (whileDown = async () => {}) => {
      await end(scheduler.child, 'SIGKILL');
      await whileDown();
      scheduler = await start('scheduler', dataDir, port, ...allowWebOrigins);
    },
    stopScheduler: () => end(scheduler.child, 'SIGTERM'),
    /** The scheduler's memory now. */
    memory: async () => {
      scheduler.child.send('memory');
      const [{ memory }] = await once(scheduler.child, 'message');
      return memory;
    },
    stop: async () => {
      await Promise.all(crew.map((child) => end(child, 'SIGTERM')));
      await end(scheduler.child, 'SIGTERM');
      await rm(home, { recursive: true, force: true });
    },
  };
}
