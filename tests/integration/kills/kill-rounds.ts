/**
 * Scheduler, workers and deployer, each a process, are killed with SIGKILL in many rounds at random moments (from a seed).
 * Afterwards everything that was acknowledged must be stored, each result once, correct and paid once.
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
import { startCluster, startWorker, type Cluster, type WorkerProcess } from '../../fixtures/cluster.mjs';
import { faultDuration } from '../../fixtures/fault-duration.mjs';
import { readAcknowledgements } from './acknowledged.js';
import { allJobs, findLost } from './audit.js';

const MINTED = 1_000_000n * 10n ** 9n;
const WORKERS = 2;
const DEPLOYER = fileURLToPath(new URL('deployer.mjs', import.meta.url));
/** Exit code of a deployer process that was not killed, when all its jobs have ended. */
const EXIT_DONE = 0;

/** The processes that are killed and restarted, and the log of the deployer. */
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

  /** Kills some of the processes at one moment and restarts them; returns their names. */
  async killSome(round: number): Promise<string> {
    const { random } = this;
    const scheduler = round % 3 === 0 || random.chance(0.6);
    const worker = random.chance(0.4) ? random.integer(0, WORKERS - 1) : undefined;
    const deployer = random.chance(0.4) || (!scheduler && worker === undefined);
    const awayMs = random.chance(0.3) ? random.between(0, 2_000) : 0;
    const againMs = random.chance(0.2) ? random.between(0, 300) : undefined;
    if (deployer) await this.killDeployer();
    if (worker !== undefined) await this.workers[worker]!.end('SIGKILL');
    // The deployer continues while the scheduler is down.
    if (deployer) this.deployer = this.startDeployer('act');
    if (scheduler) {
      await this.cluster.restartScheduler(() => faultDuration(awayMs));
      if (againMs !== undefined) {
        await faultDuration(againMs);
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
    // A deployer that ended by itself has failed.
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

/** Runs rounds of kills, and audits the state after each second round and at the end. */
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
      await faultDuration(random.between(400, 2_500));
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

/** A last deployer brings all jobs to their end; nothing may be lost, and every kind of step must have occurred. */
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

/** The payments of the jobs equal the earnings of the payee, and the payer has the remainder. */
async function checkMoney(payer: string, payee: string): Promise<void> {
  const paid = (await allJobs()).reduce((sum, job) => sum + job.paid, 0n);
  expect(paid).toBeGreaterThan(0n);
  expect(await getAccount(payee)).toMatchObject({ balance: paid, earned: paid });
  expect(await getAccount(payer)).toMatchObject({ balance: MINTED - paid, escrow: 0n });
}
