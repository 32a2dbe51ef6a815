/**
 * Runs the demo: a scheduler with a temporary data folder, two workers, two jobs and a summary.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init } from '../../entry/deployer.node.js';
import { startScheduler, type Scheduler } from '../../entry/scheduler.node.js';
import { Worker } from '../../entry/worker.node.js';
import { lanAddress } from '../options/lan-address.js';
import { qrCode } from '../console/qr-code.js';
import { printable } from '../../entry/texts.node.js';
import { untilSignal } from '../console/until-signal.js';
import { runGuestJobs } from './guest-job.js';
import { pictureFile, type PictureFile } from './picture-file.js';
import { runPictureJob } from './picture-job.js';
import { ProgressDisplay } from './progress-display.js';
import { runWordsJob } from './words-job.js';

export interface DemoOptions {
  keep?: boolean;
  lan?: boolean;
  port: number;
  out: string;
}

const WORKERS = 2;

/** The state of a running demo. */
interface DemoRun {
  display: ProgressDisplay;
  file: PictureFile;
  workers: Worker[];
  /** Rejects when a worker cannot continue. */
  failed: Promise<never>;
  fail: (error: Error) => void;
  /** Aborts when the demo ends. */
  signal: AbortSignal;
}

/** Runs the demo and removes everything but the picture. Resolves with the signal that interrupted the jobs, if any. */
export async function runDemo(options: DemoOptions): Promise<NodeJS.Signals | undefined> {
  const interrupted = untilSignal();
  const controller = new AbortController();
  const run = await prepareRun(options, controller.signal);
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-demo-'));
  let scheduler: Scheduler | undefined;
  let jobs: Promise<void> | undefined;
  try {
    scheduler = await startScheduler({
      port: options.port,
      host: options.lan ? '0.0.0.0' : '127.0.0.1',
      dataDir,
    });
    jobs = runJobs(scheduler, run, options);
    const signal = await Promise.race([jobs.then(() => undefined), run.failed, interrupted]);
    if (signal !== undefined) {
      run.display.print('Stopping.');
      return signal;
    }
    if (options.keep) {
      printNextSteps(scheduler.url);
      jobs = runGuestJobs(run);
      await Promise.race([interrupted, run.failed, jobs]);
    }
    return undefined;
  } finally {
    controller.abort();
    await Promise.all(run.workers.map((worker) => worker.stop({ force: true })));
    // The deployer would try to reconnect to its scheduler until its job has settled.
    await jobs?.catch(() => undefined);
    await scheduler?.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function printNextSteps(url: string): void {
  console.log(`\nThe scheduler keeps running. Press Ctrl-C to stop it.`);
  console.log(`  open ${url} and press Start: browser tabs render the picture again, larger each time`);
  console.log(`  or send it a job of your own: MANYHANDS_SCHEDULER=${url} node first.mjs`);
}

async function prepareRun(options: DemoOptions, signal: AbortSignal): Promise<DemoRun> {
  const file = await pictureFile(options.out);
  let fail: DemoRun['fail'] = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  return { display: new ProgressDisplay(), file, workers: [], failed, fail, signal };
}

async function runJobs(scheduler: Scheduler, run: DemoRun, options: DemoOptions): Promise<void> {
  const { url } = scheduler;
  console.log(`A scheduler listens on ${url}`);
  console.log(`  its data     ${scheduler.dataDir}, deleted at the end`);
  for (let i = 0; i < WORKERS; i++) await startWorker(url, run);
  console.log(`${WORKERS} workers have joined. A browser tab can join too:`);
  console.log(`  open         ${url}`);
  if (options.lan) showLanAddress(scheduler.port);
  console.log();
  init({ scheduler: url });
  const { display, file, signal } = run;
  const started = performance.now();
  const picture = await runPictureJob(file, display, signal);
  const words = await runWordsJob(display, signal);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const size = `${picture.width} × ${picture.height} pixels in ${picture.slices} tiles`;
  const slices = picture.slices + words.slices;
  console.log(`\nDone in ${seconds} s: ${slices} slices in two jobs, each counted once.`);
  console.log(`  the picture  ${file.path}`);
  console.log(`               ${size}`);
  console.log(`  the words    ${words.words} in ${words.slices} chapters, as a plain count finds`);
}

async function startWorker(url: string, { workers, display, fail, signal }: DemoRun): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker({ scheduler: url, isolation: 'thread', cores: 1 });
  worker.on('warning', ({ error }) => display.print(`warning: ${printable(error.message)}`));
  worker.on('error', ({ error }) => fail(error));
  workers.push(worker);
  await worker.start();
}

function showLanAddress(port: number): void {
  const address = lanAddress();
  if (address === undefined) return console.log('  this machine has no network address');
  const url = `http://${address}:${port}`;
  console.log(`  on the network, or by its code: ${url}\n\n${qrCode(url)}`);
}
