/**
 * The simulator: real scheduler, worker and deployer code over a faulty network, in virtual time, reproducible from one seed.
 * Schedulers are killed and restarted on their store, workers are killed and started, connections break and stall.
 * @module
 */
import { createDeployer, type Deployer } from '../../src/deployer/deployer.js';
import { newId } from '../../src/lib/crypto/ids.js';
import { memoryStorage } from '../../src/lib/storage/storage.js';
import type { BlobStore } from '../../src/scheduler/blobs/blob-store.js';
import { SchedulerNode } from '../../src/scheduler/services/scheduler-node.js';
import { acceptClient } from '../../src/scheduler/sessions/open-session.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { FakeSandboxHost, type FakeSandboxScript } from '../../src/testing/worker/fake-sandbox.js';
import { FaultyNetwork, type Faults } from '../../src/testing/faulty-network.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { createWallet, type Wallet } from '../../src/wallet/wallet.js';
import { BaseWorker } from '../../src/worker/worker.js';
import { WORKTIMES } from '../../src/worktimes/registry.js';
import './loaded-modules.js';
import { StoreFaults } from './store-faults.js';

const URL = 'http://scheduler.test';
const SOCKET = 'ws://scheduler.test/socket';
const never = <T>(): Promise<T> => new Promise(() => undefined);

/** A store whose process can be killed: from then on no call settles. */
function killableStore(store: Store, faults: StoreFaults): { store: Store; kill(): void } {
  let alive = true;
  const asked =
    <A extends unknown[], R>(fn: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!alive) return never<R>();
      const answer = await fn(...args);
      // A commit stays committed also when its process is killed before it can reply.
      return alive ? answer : never<R>();
    };
  return {
    store: {
      schedulerId: store.schedulerId,
      commit: asked(async (commands, roster) => {
        faults.throwIfFaulty();
        return store.commit(commands, roster);
      }),
      job: asked((id) => store.job(id)),
      status: asked((id) => store.status(id)),
      jobs: asked((...args) => store.jobs(...args)),
      probe: asked(async () => {
        faults.throwIfFaulty();
        return store.probe();
      }),
      journal: asked((...args) => store.journal(...args)),
      rowEpoch: asked((...args) => store.rowEpoch(...args)),
      results: asked((...args) => store.results(...args)),
      account: asked((account) => store.account(account)),
      bans: asked(() => store.bans()),
      nextDeadline: asked(() => store.nextDeadline()),
      check: asked(() => store.check()),
      close: () => Promise.resolve(),
    },
    kill: () => void (alive = false),
  };
}

const noBlobs: BlobStore = {
  size: () => Promise.resolve(undefined),
  put: () => Promise.reject(new Error('the simulator stores no blobs')),
  get: () => Promise.resolve(undefined),
};

export class Simulation {
  readonly seed: number;
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: FaultyNetwork;
  /** The data on disk: it outlives every scheduler. */
  readonly store: Store;
  readonly storeFaults = new StoreFaults(this.clock);
  readonly wallet: Wallet;
  /** Log of events, printed when a seed fails. */
  readonly events: string[] = [];
  #scheduler: { kill(): void } | undefined;
  #workers = 0;

  constructor(seed: number, faults: Partial<Faults>) {
    this.seed = seed;
    const { clock } = this;
    this.random = new SeededRandom(seed);
    this.network = new FaultyNetwork({ clock, random: this.random, faults });
    this.store = openSqliteStore({ clock, random: this.random });
    const storage = memoryStorage();
    this.wallet = createWallet({ storage, clock, random: this.random, place: 'the simulator' });
  }

  /** Creates and unlocks keys before virtual time starts, since this is real work in real time. */
  async prepare(): Promise<void> {
    for (const keystore of [await this.wallet.getId(), await this.wallet.get()]) await keystore.unlock('');
  }

  record(what: string): void {
    this.events.push(`${Math.round(this.clock.monotonicMs())} ms: ${what}`);
  }

  async startScheduler(): Promise<void> {
    const { clock, random } = this;
    const { store, kill } = killableStore(this.store, this.storeFaults);
    const core = await SchedulerNode.start({
      store,
      blobs: noBlobs,
      clock,
      random,
      defer: (fn) => void clock.after(0, fn),
      log: (level, event, fields) => {
        if (level === 'error') this.record(`scheduler ${event} ${JSON.stringify(fields)}`);
      },
      worktimes: WORKTIMES,
      minimumPrice: 0n,
      operatorToken: 'operator',
    });
    const unlisten = this.network.listen(SOCKET, (connection) => acceptClient(core, connection));
    this.record('the scheduler is started');
    this.#scheduler = {
      kill: () => {
        kill();
        unlisten();
        this.network.cut();
      },
    };
  }

  /** Kills the scheduler as SIGKILL does: only committed data remain. */
  killScheduler(): void {
    this.record('the scheduler is killed');
    this.#scheduler?.kill();
    this.#scheduler = undefined;
  }

  /** Starts a worker whose sandboxes follow the script; `kill` ends it without closing its connections properly. */
  async startWorker(
    script: FakeSandboxScript,
    cores: number,
  ): Promise<{ worker: BaseWorker; host: FakeSandboxHost; kill(): void }> {
    const { clock, random } = this;
    const name = `worker ${++this.#workers}`;
    const host = new FakeSandboxHost(clock, script);
    const owner = (await this.wallet.getId()).address;
    let alive = true;
    const worker = new BaseWorker(
      {
        scheduler: URL,
        cores,
        isolation: 'thread',
        paymentAddress: `0x${String(this.#workers).padStart(40, '0')}`,
      },
      {
        connect: (url, options) => (alive ? this.network.connectAs(name)(url, options) : never()),
        clock,
        random,
        fetch: never,
        defaults: { scheduler: URL, isolation: 'thread', cores },
        hosts: { thread: () => host },
        ownAddress: () => Promise.resolve(owner),
      },
    );
    // Before its first connection a worker gives up where it is refused.
    worker.start().then(
      () => this.record(`${name} is started`),
      () => this.record(`${name} could not connect`),
    );
    return {
      worker,
      host,
      kill: () => {
        this.record(`${name} is killed`);
        alive = false;
        this.network.partition(name, Number.MAX_SAFE_INTEGER);
        this.network.cut(name);
      },
    };
  }

  deployer(name: string): Deployer {
    const { clock, random, wallet } = this;
    return createDeployer({
      schedulerUrl: URL,
      connect: this.network.connectAs(name),
      clock,
      random,
      wallet: {
        get: (label) => wallet.get(label),
        getId: () => wallet.getId(),
      },
      fetch: never,
      readModule: never,
      makeJobFS: () => {
        throw new Error('the simulator has no files');
      },
      yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
      warn: () => undefined,
    });
  }

  async mint(account: string, amount: bigint): Promise<void> {
    await this.store.commit([{ name: 'mint', account, amount, mintId: newId(this.random) }]);
  }
}
