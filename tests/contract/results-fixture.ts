/**
 * A scheduler and a worker in this process, for the contract of results.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init } from 'manyhands';
import { startScheduler } from 'manyhands/scheduler';
import { openWallet } from 'manyhands/wallet';
import { Worker, type WorkerOptions } from 'manyhands/worker';

export interface ResultsFixture {
  url: string;
  home: string;
  stop(): Promise<void>;
}

/** Starts both; this process deploys as the owner whose jobs the worker accepts. */
export async function startResultsFixture(isolation: WorkerOptions['isolation']): Promise<ResultsFixture> {
  const home = await mkdtemp(join(tmpdir(), 'manyhands-results-'));
  const scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler') });
  const wallet = openWallet(home);
  init({ scheduler: scheduler.url, wallet });
  const owners = [(await wallet.getId()).address];
  const worker = new Worker({ scheduler: scheduler.url, isolation, cores: 2, owners });
  await worker.start();
  return {
    url: scheduler.url,
    home,
    async stop() {
      await worker.stop();
      await scheduler.close();
      await rm(home, { recursive: true });
    },
  };
}
