/**
 * The jobs for browser tabs that join a demo with `--keep`: the picture again in a larger size each time. The demo's
 * own workers do not take them.
 * @module
 */
import type { Worker } from '../../entry/worker.node.js';
import type { PictureFile } from './picture-file.js';
import { runPictureJob } from './picture-job.js';
import type { ProgressDisplay } from './progress-display.js';

/** Factors of the first job's width and height of the picture. */
const TIMES_FIRST = 2;
/** 4,800 × 3,200 pixels: a tab computes it in minutes, and it easily fits in memory. */
const TIMES_MOST = 4;

export interface GuestJobOptions {
  display: ProgressDisplay;
  file: PictureFile;
  workers: readonly Worker[];
  signal: AbortSignal;
}

/** Runs jobs until the signal aborts. @throws JOB_CANCELLED when it aborts, and the errors of `job.exec` */
export async function runGuestJobs({ display, file, workers, signal }: GuestJobOptions): Promise<void> {
  for (let times = TIMES_FIRST; !signal.aborted; times = Math.min(TIMES_MOST, times + 1)) {
    const picture = await runPictureJob(file, display, signal, {
      times,
      title: 'For your tabs',
      prepare(job) {
        for (const worker of workers) worker.block({ jobId: job.id });
        // The listener suppresses the warning that no worker is there, which is expected.
        job.on('noworkers', () => undefined);
      },
    });
    display.print(`${picture.width} × ${picture.height} pixels by tabs: ${file.path}`);
  }
}
