/**
 * Scheduler, workers and deployer, each a process of its own, killed with SIGKILL round after round at moments that a
 * seed picks; afterwards whatever was acknowledged must be there, each result once and right, and paid once.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { getAccount, init } from '../../../src/entry/deployer.node.js';
import { openOperator } from '../../../src/entry/operator.node.js';
import { openWallet } from '../../../src/entry/wallet.node.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { startCluster, startWorker, type Cluster, type WorkerProcess } from '../../rig/cluster.mjs';
import { lasting } from '../../rig/lasting.mjs';
import { readAcknowledgements } from './acknowledged.js';
import { allJobs, findLost } from './audit.js';

const MINTED = 1_000_000n * 10n ** 9n;
const WORKERS = 2;
const DEPLOYER = fileURLToPath(new URL('deployer.mjs', import.meta.url));
/** What a process of the deployer that was not killed ends with when all its jobs have ended. */
const EXIT_DONE = 0;

/** The processes that are killed and started again, and where the deployer writes down what it was told. */
class Victims {
  readonly log: string;
  deployer!: ChildProcess;
  readonly workers: WorkerProcess[] = [];

  constructor(
    readonly cluster: Cluster,
    readonly payee: string,
    readonly random: SeededRandom,
  ) {
    this.log = join(cluster.home, 'acknowledged.jsonl');
  }

  async start(): Promise<void> {
    for (let i = 0; i < WORKERS; i++) this.workers.push(await this.#startWorker());
    this.deployer = this.startDeployer('act');
  }

  startDeployer(mode: 'act' | 'finish'): ChildProcess {
    return fork(DEPLOYER, [this.cluster.url, this.log, String(this.random.word()), mode]);
  }

  /** Kills some of them at one moment, and starts them again; tells which. */
  async killSome(round: number): Promise<string> {
    const { random } = this;
    const scheduler = round % 3 === 0 || random.chance(0.6);
    const worker = random.chance(0.4) ? random.integer(0, WORKERS - 1) : undefined;
    const deployer = random.chance(0.4) || (!scheduler && worker === undefined);
    const awayMs = random.chance(0.3) ? random.between(0, 2_000) : 0;
    const againMs = random.chance(0.2) ? random.between(0, 300) : undefined;
    if (deployer) await this.killDeployer();
    if (worker !== undefined) await this.workers[worker]!.end('SIGKILL');
    // It goes on while the scheduler is away.
    if (deployer) this.deployer = this.startDeployer('act');
    if (scheduler) {
      await this.cluster.restartScheduler(() => lasting(awayMs));
      if (againMs !== undefined) {
        await lasting(againMs);
        await this.cluster.restartScheduler();
      }
    }
    if (worker !== undefined) this.workers[worker] = await this.#startWorker();
    const killed = {
      scheduler,
      worker: worker !== undefined,
      deployer,
      again: scheduler && againMs !== undefined,
    };
    return Object.entries(killed)
      .flatMap(([name, isKilled]) => (isKilled ? [name] : []))
      .join(', ');
  }

  async killDeployer(): Promise<void> {
    // One that ended by itself met an error that it must not meet.
    expect([this.deployer.exitCode, this.deployer.signalCode]).toEqual([null, null]);
    const gone = once(this.deployer, 'exit');
    this.deployer.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    this.deployer.kill('SIGKILL');
    await Promise.all(this.workers.map((worker) => worker.end('SIGKILL')));
  }

  #startWorker(): Promise<WorkerProcess> {
    return startWorker(this.cluster.url, { home: this.cluster.home, paymentAddress: this.payee });
  }
}

/** Plays so many rounds of kills, and checks every promise after each second round and at the end. */
export async function surviveKillsOfAll(rounds: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const cluster = await startCluster({ workers: 0 });
  const wallet = openWallet(cluster.home);
  init({ scheduler: cluster.url, wallet });
  const payer = await wallet.get();
  const payee = await wallet.create('payee');
  const victims = new Victims(cluster, payee.address, random);
  try {
    const operator = await openOperator({ scheduler: cluster.url, token: cluster.operatorToken });
    await operator.mint(payer.address, MINTED);
    await operator.close();
    await victims.start();
    for (let round = 1; round <= rounds; round++) {
      // A moment that nobody expects.
      await lasting(random.between(400, 2_500));
      const killed = await victims.killSome(round);
      if (round % 2 === 0)
        expect(await findLost(victims.log, cluster.dataDir), `round ${round}: ${killed}`).toEqual([]);
    }
    await victims.killDeployer();
    await checkEnd(victims);
    await checkMoney(payer.address, payee.address);
  } finally {
    await victims.stop();
    await cluster.stop();
  }
}

/** One more deployer brings all jobs to their end; nothing was lost on the way, and each kind of step was taken. */
async function checkEnd(victims: Victims): Promise<void> {
  victims.deployer = victims.startDeployer('finish');
  const [code] = (await once(victims.deployer, 'exit')) as [number | null];
  expect(code).toBe(EXIT_DONE);
  expect(await findLost(victims.log, victims.cluster.dataDir)).toEqual([]);
  const ends = new Set((await allJobs()).map(({ runStatus }) => runStatus));
  expect([...ends].sort()).toEqual(['cancelled', 'finished']);
  const steps = new Set(readAcknowledgements(victims.log).map(({ what }) => what));
  expect([...steps].sort()).toEqual(
    ['added', 'begun', 'cancelled', 'closed', 'deployed', 'result', 'toppedUp'].sort(),
  );
}

/** What the jobs paid is what the payee earned, and the payer has the rest. */
async function checkMoney(payer: string, payee: string): Promise<void> {
  const paid = (await allJobs()).reduce((sum, job) => sum + job.paid, 0n);
  expect(paid).toBeGreaterThan(0n);
  expect(await getAccount(payee)).toMatchObject({ balance: paid, earned: paid });
  expect(await getAccount(payer)).toMatchObject({ balance: MINTED - paid, escrow: 0n });
}
