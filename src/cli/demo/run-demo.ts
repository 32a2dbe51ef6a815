/**
 * The demo from start to end: a scheduler with a data folder of its own, two workers, two jobs, a summary.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init } from '../../entry/deployer.node.js';
import { startScheduler, type Scheduler } from '../../entry/scheduler.node.js';
import { Worker } from '../../entry/worker.node.js';
import { lanAddress } from '../lan-address.js';
import { qrCode } from '../qr-code.js';
import { untilSignal } from '../until-signal.js';
import { runPictureJob } from './picture-job.js';
import { runWordsJob } from './words-job.js';

export interface DemoOptions {
  keep?: boolean;
  lan?: boolean;
  port: number;
  out: string;
}

const WORKERS = 2;

/** Runs it; on Ctrl-C everything is ended and cleaned up, and the demo is over early. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const interrupted = untilSignal();
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-demo-'));
  const scheduler = await startScheduler({
    port: options.port,
    host: options.lan ? '0.0.0.0' : '127.0.0.1',
    dataDir,
  });
  const workers: Worker[] = [];
  try {
    await Promise.race([runJobs(scheduler, workers, options), interrupted]);
    if (options.keep) {
      console.log(`\nThe scheduler stays up: open ${scheduler.url} in a browser to join. Ctrl-C ends it.`);
      await interrupted;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop({ force: true })));
    await scheduler.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runJobs(scheduler: Scheduler, workers: Worker[], options: DemoOptions): Promise<void> {
  const { url } = scheduler;
  console.log(`A scheduler listens on ${url}, with SQLite in ${scheduler.dataDir}`);
  for (let i = 0; i < WORKERS; i++) {
    const worker = new Worker({ scheduler: url, isolation: 'thread', cores: 1 });
    workers.push(worker);
    await worker.start();
  }
  console.log(`${WORKERS} workers have joined. A browser tab can join too: open ${url}`);
  if (options.lan) showLanAddress(scheduler.port);
  console.log();
  init({ scheduler: url });
  const started = performance.now();
  const picture = await runPictureJob(options.out);
  const words = await runWordsJob();
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `\nDone in ${seconds} s: ${picture.slices + words.slices} slices in two jobs, each counted once.`,
  );
  console.log(
    `  the picture  ${picture.file} (${picture.width} × ${picture.height} pixels, ${picture.slices} tiles)`,
  );
  console.log(`  the words    ${words.words} in ${words.slices} chapters, the same as a plain count finds`);
}

function showLanAddress(port: number): void {
  const address = lanAddress();
  if (address === undefined) return console.log('This machine is on no network.');
  const url = `http://${address}:${port}`;
  console.log(`On the network: ${url}\n\n${qrCode(url)}`);
}
